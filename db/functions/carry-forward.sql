-- Before a run is drafted or redrawn, splits lines of each partner who is not paid everything that is free: of a debt a part is left for later
-- runs, and a gateway may pay only whole units. The rest stays owed, as parts that this run leaves out and the next run considers again.
-- The newest debt from before the period waits, so that the oldest is taken back first, and refunds within the period net in full. A draft
-- that has drawn every line already ends, and is drawn again.
create or replace function carry_forward(the_run uuid) returns void language plpgsql as $$
declare
  owed record;
  whole earning_line;
  rest bigint;
  part bigint;
begin
  if not exists (
    select from payout_run run where run.id = the_run and (
      exists (select from recovery_cap cap where cap.schedule_id = run.schedule_id)
      or exists (select from program join earning_line line on line.program_id = program.id
        where program.schedule_id = run.schedule_id and line.currency in (select currency from rail_unit)))) then
    return;
  end if;
  for owed in
    with carried as (
      select partner_id, currency, sum(amount_minor) as minor from earning_line line
      where carried_from = the_run and not exists (select from earning_line part where part.split_from = line.id)
      group by partner_id, currency
    )
    select judged.partner_id, judged.currency, judged.left_minor - coalesce(carried.minor, 0) as rest_minor, run.period_start
    from payout_run run
    cross join lateral payability(run.schedule_id, run.period_start, run.period_end, run.id) judged
    left join carried using (partner_id, currency)
    where run.id = the_run and judged.outcome = 'paid' and judged.left_minor <> coalesce(carried.minor, 0)
      and (run.replaces_id is null
        or (judged.partner_id, judged.currency) = (select partner_id, currency from payout where id = run.replaces_id))
  loop
    rest := owed.rest_minor;
    while rest <> 0 loop
      select line.* into whole from free_lines(the_run) line
      where line.partner_id = owed.partner_id and line.currency = owed.currency
      order by sign(line.amount_minor) = sign(rest) desc, (rest < 0 and line.available_on < owed.period_start) desc,
        case when rest < 0 then line.available_on end desc, line.amount_minor desc, line.id desc
      limit 1;
      if whole.id is null then
        with ended as (
          update payout set status = 'cancelled', status_reason = 'drawn again'
          where run_id = the_run and partner_id = owed.partner_id and currency = owed.currency and status = 'draft' returning id
        )
        update payout_line line set released_at = now() from ended where line.payout_id = ended.id and line.released_at is null;
        exit when not found;
        continue;
      end if;
      part := case when sign(whole.amount_minor) = sign(rest) and abs(whole.amount_minor) < abs(rest) then whole.amount_minor else rest end;
      insert into earning_line(partner_id, program_id, kind, batch_id, resolution_id, correction_id, correction_item, conversion_id, currency,
        amount_minor, earning_count, available_on, split_from, carried_from, made_by)
      select whole.partner_id, whole.program_id, whole.kind, whole.batch_id, whole.resolution_id, whole.correction_id, whole.correction_item,
        whole.conversion_id, whole.currency, parts.minor, whole.earning_count, whole.available_on, whole.id, parts.carried_from, whole.made_by
      from (values (part, the_run), (whole.amount_minor - part, null)) parts(minor, carried_from) where parts.minor <> 0;
      rest := rest - part;
    end loop;
  end loop;
end $$;
