-- A payout frees its lines in the statement that ends it unpaid, and a draft that changes is the sum of its lines.
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
  select id into offending from moved
  where status = 'draft'
    and gross_minor is distinct from (select sum(amount_minor) from payout_line where payout_id = id and released_at is null)
  limit 1;
  if found then
    raise exception 'payout % refused: its lines do not add up to its gross amount', offending.id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger payout_frees_its_lines after update on payout referencing new table as moved
  for each statement execute function check_ended_payouts();
