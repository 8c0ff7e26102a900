create or replace function check_payout_sum() returns trigger language plpgsql as $$
declare current payout; lines numeric; dead boolean;
begin
  select * into current from payout where id = new.id;
  dead := current.status in ('failed', 'returned', 'cancelled');
  select coalesce(sum(amount_minor), 0) into lines from payout_line where payout_id = new.id and released_at is null;
  if dead and exists (select from payout_line where payout_id = new.id and released_at is null) then
    raise exception 'payout % refused: it is %, but still holds lines', new.id, current.status using errcode = 'check_violation';
  end if;
  if not dead and lines <> current.gross_minor then
    raise exception 'payout % refused: its lines add up to %, not to %', new.id, lines, current.gross_minor
      using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists payout_is_its_lines on payout;
create constraint trigger payout_is_its_lines after insert or update of status on payout deferrable initially deferred
  for each row execute function check_payout_sum();
