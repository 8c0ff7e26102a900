-- A key is made for a confirmed role only. A revoked key stays revoked, and a claim that has ended stays ended.
create or replace function guard_key() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    raise exception '% % refused: what has ended stays ended', tg_table_name, old.id using errcode = 'restrict_violation';
  end if;
  if not exists (select from role_grant where id = new.grant_id and status = 'confirmed') then
    raise exception '% refused: its role is not confirmed', tg_table_name using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace trigger key_stays_revoked before update on api_key
  for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) execute function guard_key();

create or replace trigger key_of_a_role before insert on api_key for each row execute function guard_key();

create or replace trigger claim_stays_ended before update on key_claim
  for each row when (old.ended_at is not null) execute function guard_key();

create or replace trigger claim_of_a_role before insert on key_claim for each row execute function guard_key();
