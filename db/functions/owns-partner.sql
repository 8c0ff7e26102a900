-- Says whether a person may act for a partner now: the person is an owner of it, and has a key or a passkey.
create or replace function owns_partner(the_actor uuid, the_partner bigint) returns boolean language sql stable as $$
  select exists (
    select from role_grant held
    where held.actor_id = the_actor and held.partner_id = the_partner and held.access = 'owner' and held.status = 'confirmed'
      and (held.expires_at is null or held.expires_at > now())
      and (exists (select from api_key key where key.grant_id = held.id and key.revoked_at is null)
        or exists (select from passkey where passkey.actor_id = the_actor and passkey.removed_at is null)))
$$;
