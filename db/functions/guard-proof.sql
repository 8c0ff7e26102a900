-- The proof of a signature names its statement: the SHA-256 is the challenge that the passkey signed, or the nonce of the token, which also
-- names the identity. So no row can give one proof to another statement or another person.
create or replace function guard_proof() returns trigger language plpgsql as $$
declare
  digest text := rtrim(translate(encode(sha256(convert_to(new.statement, 'UTF8')), 'base64'), '+/', '-_'), '=');
  payload text := translate(split_part(new.id_token, '.', 2), '-_', '+/');
  claims jsonb;
begin
  if new.passkey_id is not null then
    if convert_from(new.client_data, 'UTF8')::jsonb ->> 'challenge' is distinct from digest then
      raise exception 'signature refused: the passkey signed something else' using errcode = 'check_violation';
    end if;
    return new;
  end if;
  claims := convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
  if claims ->> 'nonce' is distinct from digest
     or not exists (select from identity
                    where id = new.identity_id and issuer = claims ->> 'iss' and subject = claims ->> 'sub') then
    raise exception 'signature refused: the token is about something else, or somebody else' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger proof_guarded before insert on signature for each row execute function guard_proof();
