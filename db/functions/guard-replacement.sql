create or replace function guard_replacement() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select drafted.id into offending from drafted
  where (select replaces_id from payout_run where id = drafted.run_id) is distinct from drafted.replaces_id limit 1;
  if found then
    raise exception 'payout % refused: it must replace the payout that its run replaces', offending.id using errcode = 'check_violation';
  end if;
  select drafted.id, replaces_id into offending from drafted
  where replaces_id is not null
    and coalesce((select status from payout where id = drafted.replaces_id), '') not in ('failed', 'returned') limit 1;
  if found then
    raise exception 'payout % refused: payout % can still pay', offending.id, offending.replaces_id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger payout_born_as_replacement after insert on payout referencing new table as drafted
  for each statement execute function guard_replacement();
