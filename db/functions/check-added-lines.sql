-- The lines of a payout come all at once. A later line would change what the payout pays.
create or replace function check_added_lines() returns trigger language plpgsql as $$
declare offending uuid;
begin
  select payout.id into offending
  from (select distinct payout_id from added) touched join payout on payout.id = touched.payout_id
  where payout.gross_minor <> (select sum(amount_minor) from payout_line where payout_id = payout.id)
  limit 1;
  if found then
    raise exception 'lines of payout % refused: they do not add up to its gross amount', offending using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger lines_make_the_payout after insert on payout_line referencing new table as added
  for each statement execute function check_added_lines();
