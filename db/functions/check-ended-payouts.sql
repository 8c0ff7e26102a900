-- A payout frees its lines in the statement that ends it unpaid.
create or replace function check_ended_payouts() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select id, status into offending from moved
  where status in ('failed', 'returned', 'cancelled')
    and (select count(*) from payout_line where payout_id = id and released_at is null) > 0
  limit 1;
  if found then
    raise exception 'payout % refused: it is %, but still holds lines', offending.id, offending.status using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger payout_frees_its_lines after update on payout referencing new table as moved
  for each statement execute function check_ended_payouts();
