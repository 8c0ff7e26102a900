-- Before a run is drafted or redrawn, splits a line of each partner whose balance the gateway pays only in whole units. The rest stays owed, as
-- parts that this run leaves out and the next run considers again. A line that is exactly the rest becomes two such parts.
create or replace function carry_forward(the_run uuid) returns void language plpgsql as $$
declare
  owed record;
  whole earning_line;
  rest bigint;
begin
  if not exists (
    select from payout_run run join program on program.schedule_id = run.schedule_id
    join earning_line line on line.program_id = program.id
    where run.id = the_run and line.currency in (select currency from rail_unit)) then
    return;
  end if;
  for owed in
    select judged.partner_id, judged.currency, judged.payable_minor
    from payout_run run
    cross join lateral payability(run.schedule_id, run.period_end, run.id) judged
    join rail_unit unit on unit.gateway = judged.gateway and unit.currency = judged.currency
    where run.id = the_run and judged.outcome = 'paid' and judged.partner_id in (
      select line.partner_id from earning_line line join program on program.id = line.program_id
      where program.schedule_id = run.schedule_id and line.currency in (select rail_unit.currency from rail_unit))
  loop
    select coalesce(sum(considered.amount_minor), 0) - owed.payable_minor into rest from (
      select line.partner_id, line.currency, line.amount_minor from free_lines(the_run) line
      union all
      select drawn.partner_id, drawn.currency, drawn.amount_minor
      from payout join payout_line drawn on drawn.payout_id = payout.id and drawn.released_at is null
      where payout.run_id = the_run
    ) considered
    where considered.partner_id = owed.partner_id and considered.currency = owed.currency;
    continue when rest = 0;
    select line.* into whole from free_lines(the_run) line
    where line.partner_id = owed.partner_id and line.currency = owed.currency
    order by line.amount_minor = rest, line.amount_minor desc, line.id limit 1;
    continue when whole.id is null;
    insert into earning_line(partner_id, program_id, kind, batch_id, resolution_id, correction_id, correction_item, conversion_id, currency, amount_minor,
      earning_count, available_on, split_from, carried_from, made_by)
    select whole.partner_id, whole.program_id, whole.kind, whole.batch_id, whole.resolution_id, whole.correction_id, whole.correction_item, whole.conversion_id,
      whole.currency, part.minor, whole.earning_count, whole.available_on, whole.id, part.carried_from, whole.made_by
    from (values
      (case when whole.amount_minor = rest then 2 * rest else whole.amount_minor - rest end,
        case when whole.amount_minor = rest then the_run end),
      (case when whole.amount_minor = rest then -rest else rest end, the_run)
    ) part(minor, carried_from);
  end loop;
end $$;
