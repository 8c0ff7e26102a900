-- The person whose passkey, or whose identity at a provider, made a signature.
create or replace function signer_of(the_signature uuid) returns uuid language sql stable as $$
  select coalesce(passkey.actor_id, identity.actor_id)
  from signature left join passkey on passkey.id = signature.passkey_id left join identity on identity.id = signature.identity_id
  where signature.id = the_signature
$$;
