-- An attempt to pay by check enters its number into the register in the same transaction.
create or replace function check_registered() returns trigger language plpgsql as $$
begin
  if not exists (select from check_register where attempt_id = new.id) then
    raise exception 'attempt % refused: its check is not in the register', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists check_is_registered on payout_attempt;
create constraint trigger check_is_registered after insert on payout_attempt deferrable initially deferred
  for each row when (new.gateway in ('lob', 'printed-check')) execute function check_registered();
