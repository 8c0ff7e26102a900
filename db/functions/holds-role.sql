-- Says whether a person holds a role now: two people gave it to them, nobody took it away, and they have a key for it, a passkey,
-- or an identity at a provider.
create or replace function holds_role(the_actor uuid, the_role text) returns boolean language sql stable as $$
  select exists (
    select from role_grant held
    where held.actor_id = the_actor and held.role = the_role and held.status = 'confirmed'
      and (held.expires_at is null or held.expires_at > now())
      and (exists (select from api_key key where key.grant_id = held.id and key.revoked_at is null)
        or exists (select from passkey where passkey.actor_id = the_actor and passkey.removed_at is null)
        or exists (select from identity where identity.actor_id = the_actor)))
$$;
