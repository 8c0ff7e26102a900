-- The earnings that were booked on some days, local to the zones of their programs, from the first one until the last one, exclusive, and
-- between two instants. They are the first ones of their event, or were booked for it later. The
-- value that an event moved is its amount in ten-thousandths of a minor unit of the earning, below zero for a refund, and that of a correction is the difference. Batches are numbered as they are booked, so
-- the numbers of a few days lead to their earnings, whatever PostgreSQL believes about the size of the table.
create or replace function incentive_costs(
  the_first date, the_end date, the_since timestamptz default '-infinity', the_before timestamptz default 'infinity'
) returns table(
  program text, incentive text, partner_id bigint, partner_kind text, event_id bigint, day date, booked_on date, unit text,
  cost_minor bigint, moved_exact numeric,
  is_first boolean
) language sql stable set enable_seqscan = off as $$
  with batch as materialized (
    select batch.id, program.code as program, schedule.zone, (batch.booked_at at time zone schedule.zone)::date as booked_on
    from accrual_batch batch join program on program.id = batch.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    where batch.booked_at >= the_since and batch.booked_at < the_before
      and batch.booked_at >= the_first - interval '1 day' and batch.booked_at < the_end + interval '1 day'
      and (batch.booked_at at time zone schedule.zone)::date >= the_first and (batch.booked_at at time zone schedule.zone)::date < the_end
  )
  select batch.program, earning.incentive_id, earning.partner_id, partner.kind, earning.event_id,
    (event.occurred_at at time zone batch.zone)::date, batch.booked_on, earning.currency, earning.amount_minor,
    case when event.currency::text is distinct from earning.currency or event.kind in ('collected', 'uncollected') then 0
      else (coalesce(event.exact_amount, event.amount_minor * 10000::numeric, 0) - case when event.revision = 1 then 0 else coalesce((
        select coalesce(before.exact_amount, before.amount_minor * 10000::numeric) from event before
        where before.source = event.source and before.source_id = event.source_id and before.revision < event.revision
        order by before.revision desc limit 1), 0) end) * case event.kind when 'refund' then -1 else 1 end end,
    earning.batch_id = (select min(first.batch_id) from earning first where first.event_id = earning.event_id)
  from earning join batch on batch.id = earning.batch_id
  join event on event.id = earning.event_id join partner on partner.id = earning.partner_id
  where earning.batch_id between (select min(id) from batch) and (select max(id) from batch)
$$;
