-- A revoked key stays revoked.
create or replace function guard_key() returns trigger language plpgsql as $$
begin
  raise exception 'key % refused: a revoked key stays revoked', old.prefix using errcode = 'restrict_violation';
end $$;

create or replace trigger key_stays_revoked before update on api_key
  for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) execute function guard_key();
