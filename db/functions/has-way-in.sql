-- Says whether a person can use a role now: they have a key for it, a passkey, or an identity at a provider.
create or replace function has_way_in(the_actor uuid, the_grant uuid) returns boolean language sql stable as $$
  select exists (select from api_key key where key.grant_id = the_grant and key.revoked_at is null)
    or exists (select from passkey where passkey.actor_id = the_actor and passkey.removed_at is null)
    or exists (select from identity where identity.actor_id = the_actor and identity.removed_at is null)
$$;
