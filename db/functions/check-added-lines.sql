-- A payout and its lines are written in one statement, and so is each change of a draft in review. Each check looks a row up by its
-- key, so that a plan which a connection keeps from a small run fits a large one too. The first check stands for a foreign key to the
-- payout, which would look each line up by itself.
create or replace function check_added_lines() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select payout_id into offending from (
    select payout_id, partner_id, currency, bool_or(released_at is not null) as is_released from added
    group by payout_id, partner_id, currency) touched
  where is_released or (
    select payout.status = 'draft' and run.status in ('preparing', 'review')
      and (payout.partner_id, payout.currency) = (touched.partner_id, touched.currency)
    from payout join payout_run run on run.id = payout.run_id where payout.id = touched.payout_id) is not true
  limit 1;
  if found then
    raise exception 'line of payout % refused: a draft payout gains lines only while its run is in preparation or review, and only of its partner and currency',
      offending.payout_id using errcode = 'restrict_violation';
  end if;
  -- The foreign key has locked each line by now. A transaction that splits one at this moment waits for this one, or was waited for.
  select earning_line_id into offending from added
  where (select count(*) from earning_line where split_from = added.earning_line_id) > 0 limit 1;
  if found then
    raise exception 'line % refused: it was split, and payouts pay its parts', offending.earning_line_id
      using errcode = 'restrict_violation';
  end if;
  select payout_id into offending from (select distinct payout_id from added) touched
  where (select gross_minor from payout where id = touched.payout_id)
    is distinct from (select sum(amount_minor) from payout_line where payout_id = touched.payout_id)
  limit 1;
  if found then
    raise exception 'lines of payout % refused: they do not add up to its gross amount', offending.payout_id
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger lines_make_the_payout after insert on payout_line referencing new table as added
  for each statement execute function check_added_lines();
