create or replace function guard_payout_birth() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select drafted.id into offending from drafted
  where (select status from payout_run where id = drafted.run_id) not in ('preparing', 'review') limit 1;
  if found then
    raise exception 'payout % refused: its run is neither in preparation nor in review, so it gains no more payouts', offending.id
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger payout_born_in_preparing after insert on payout referencing new table as drafted
  for each statement execute function guard_payout_birth();
