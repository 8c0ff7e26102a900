-- Says whether a person may act for a partner now: the person is an owner of it, and has a way in.
create or replace function owns_partner(the_actor uuid, the_partner bigint) returns boolean language sql stable as $$
  select exists (
    select from role_grant held
    where held.actor_id = the_actor and held.partner_id = the_partner and held.access = 'owner' and held.status = 'confirmed'
      and (held.expires_at is null or held.expires_at > now()) and has_way_in(the_actor, held.id))
$$;
