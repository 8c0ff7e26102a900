-- A line can only be released, only once, and only by the statement that ends its payout.
create or replace function check_released_lines() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select payout_id into offending from (
    select payout_id from held where released_at is not null
    union all
    select payout_id from released where released_at is null) twice
  limit 1;
  if found then
    raise exception 'line of payout % refused: a line can only be released, and only once', offending.payout_id
      using errcode = 'restrict_violation';
  end if;
  select touched.payout_id, status into offending from (
    select payout_id, (select status from payout where id = payout_id) as status from (select distinct payout_id from released)) touched
  where status not in ('failed', 'returned', 'cancelled') limit 1;
  if found then
    raise exception 'line of payout % refused: the payout is %, so it keeps its lines', offending.payout_id, offending.status
      using errcode = 'restrict_violation';
  end if;
  return null;
end $$;

create or replace trigger lines_are_released_once after update on payout_line referencing old table as held new table as released
  for each statement execute function check_released_lines();
