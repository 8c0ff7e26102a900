-- Says whether a person holds a role without a limit now: two people gave it to them, nobody took it away, and they have a way in.
create or replace function holds_role(the_actor uuid, the_role text) returns boolean language sql stable as $$
  select exists (
    select from role_grant held
    where held.actor_id = the_actor and held.role = the_role and held.status = 'confirmed' and num_nonnulls(held.program_ids, held.payer_ids) = 0
      and (held.expires_at is null or held.expires_at > now()) and has_way_in(the_actor, held.id))
$$;
