-- A payout is its lines, and is written together with them in one statement.
create or replace function check_drafted_payouts() returns trigger language plpgsql set enable_seqscan = off as $$
declare offending record;
begin
  select id, gross_minor, lines into offending from (
    select id, gross_minor, (select coalesce(sum(amount_minor), 0) from payout_line where payout_id = id) as lines from drafted) summed
  where lines <> gross_minor limit 1;
  if found then
    raise exception 'payout % refused: its lines add up to %, not to %', offending.id, offending.lines, offending.gross_minor
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

create or replace trigger payout_is_its_lines after insert on payout referencing new table as drafted
  for each statement execute function check_drafted_payouts();
