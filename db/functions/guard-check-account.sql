-- Check numbers only rise, and an account stays the same account.
create or replace function guard_check_account() returns trigger language plpgsql as $$
begin
  if (new.id, new.payer_id, new.number_first, new.created_at) is distinct from (old.id, old.payer_id, old.number_first, old.created_at)
     or old.fingerprint is not null and new.fingerprint is distinct from old.fingerprint or new.number_next < old.number_next then
    raise exception 'check account % refused: its numbers only rise, and it stays the same account', old.id
      using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

create or replace trigger check_account_guarded before update on check_account for each row execute function guard_check_account();
