-- Says who is paid at a cut-off, and why the others are not: one row for each partner and currency of a pay schedule. The draft, the
-- dry run, the last question before a payment and "why not paid yet" all read this, and nothing else decides it. It is a view with
-- four parameters. A run that asks counts the lines of its own payouts as payable until their provider is asked.
--
-- An older debt is what a partner owed before the first day of the period, or what a run left that paid the rest. A cap on its recovery
-- leaves a part of it for later runs.
create or replace function payability(the_schedule int, period_start date, cutoff date, asking_run uuid default null) returns table(
  partner_id bigint,
  currency char(3),
  payable_minor bigint,
  held_minor bigint,
  reserved_minor bigint,
  next_available_on date,
  minimum_minor bigint,
  method text,
  gateway text,
  instrument_version_id uuid,
  reasons jsonb,
  is_last boolean,
  outcome text,
  left_minor bigint,
  debt_left_minor bigint
) language sql stable as $$
  with member as (
    select agreement_term.partner_id
    from agreement_term join program on program.id = agreement_term.program_id
    where program.schedule_id = the_schedule
    union
    select earning_line.partner_id -- a partner above others may earn without an agreement
    from earning_line join program on program.id = earning_line.program_id
    where program.schedule_id = the_schedule
  ), line as (
    select line.partner_id, line.currency, line.amount_minor, line.available_on, payout.status,
      paid.payout_id is not null and case when payout.run_id = asking_run
        then payout.status not in ('draft', 'approved') and (payout.status <> 'executing' or exists (
          select from payout_attempt where payout_id = payout.id and state not in ('prepared', 'failed')))
        else true end as taken,
      line.available_on < period_start or line.carried_from <> coalesce(asking_run, '00000000-0000-0000-0000-000000000000') and exists (
        select from payout sibling where (sibling.run_id, sibling.partner_id, sibling.currency) = (line.carried_from, line.partner_id, line.currency)
          and sibling.status not in ('failed', 'returned', 'cancelled')) as is_older
    from earning_line line
    join program on program.id = line.program_id and program.schedule_id = the_schedule
    left join payout_line paid on paid.earning_line_id = line.id and paid.taken
    left join payout on payout.id = paid.payout_id
    where not exists (select from earning_line part where part.split_from = line.id)
  ), balance as (
    select member.partner_id, payer.id as payer_id, coalesce(line.currency, payer.currency) as currency,
      coalesce(sum(line.amount_minor) filter (where not line.taken and line.available_on < cutoff), 0)::bigint as payable_minor,
      coalesce(sum(line.amount_minor) filter (where not line.taken and line.available_on >= cutoff), 0)::bigint as held_minor,
      coalesce(sum(line.amount_minor) filter (where not line.taken and line.available_on < cutoff and line.is_older), 0)::bigint as older_minor,
      coalesce(sum(line.amount_minor) filter (where line.taken and line.status <> 'settled'), 0)::bigint as reserved_minor,
      min(line.available_on) filter (where not line.taken and line.available_on >= cutoff) as next_available_on
    from member
    cross join (select payer.id, payer.currency from pay_schedule join payer on payer.id = pay_schedule.payer_id
                where pay_schedule.id = the_schedule) payer
    left join line using (partner_id)
    group by member.partner_id, payer.id, coalesce(line.currency, payer.currency)
  ), netted as (
    select balance.partner_id, balance.payer_id, balance.currency, balance.payable_minor + debt.left_minor as payable_minor,
      balance.held_minor, balance.reserved_minor, balance.next_available_on, debt.left_minor as debt_left_minor
    from balance
    cross join lateral (
      select case when balance.older_minor < 0 and balance.payable_minor > balance.older_minor then greatest(0, -balance.older_minor
        - coalesce(floor((balance.payable_minor - balance.older_minor) * max_recovery(balance.partner_id, the_schedule, cutoff, asking_run)
            / 100)::bigint, -balance.older_minor))
        else 0 end as left_minor offset 0
    ) debt
  ), asked as (
    select balance.*, greatest(coalesce(own.minimum_minor, minimum.minimum_minor), unit.unit_minor, 0) as minimum_minor,
      coalesce(unit.unit_minor, 1) as unit_minor, partner.on_hold_reason, partner.merged_into,
      case when balance.payable_minor >= unit.unit_minor then balance.payable_minor % unit.unit_minor else 0 end as rest_minor,
      instrument.id as instrument_version_id, instrument.method, instrument.usable_from, instrument.gateway,
      instrument.advice, instrument.waits_for_call
    from netted balance
    join partner on partner.id = balance.partner_id
    left join pay_schedule_minimum minimum on minimum.schedule_id = the_schedule and minimum.currency = balance.currency
    left join lateral (
      select minimum_minor from partner_minimum
      where partner_minimum.partner_id = balance.partner_id and partner_minimum.currency = balance.currency
      order by id desc limit 1
    ) own on true
    left join lateral instrument_in_use(balance.partner_id, balance.currency, balance.payer_id) instrument on true
    left join rail_unit unit on unit.gateway = instrument.gateway and unit.currency = balance.currency
  ), small as (
    -- A partner who goes on in no program earns no more, so no minimum holds back their last balance.
    select asked.*, left_all.is_last
    from asked
    cross join lateral (
      select case when asked.payable_minor >= asked.unit_minor and asked.payable_minor < asked.minimum_minor
        then not goes_on(asked.partner_id, the_schedule, cutoff) else false end as is_last offset 0
    ) left_all
  ), judged as (
    select small.*, against.reasons
    from small
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('reason', reason, 'until', until, 'detail', detail) order by rank), '[]') as reasons
      from (values
        (1, 'nothing_due', payable_minor = 0, next_available_on::timestamptz, case when held_minor <> 0 then 'held' end),
        (2, 'partner_merged', merged_into is not null, null, null),
        (3, 'negative_balance', payable_minor < 0, null, null),
        (4, 'partner_on_hold', on_hold_reason is not null, null, on_hold_reason),
        (5, 'no_instrument', small.instrument_version_id is null, null, null),
        (6, 'instrument_failed', small.advice is not null, null, small.advice),
        (7, 'instrument_cooling_off', usable_from > now(), usable_from, null),
        (8, 'instrument_not_confirmed', small.waits_for_call, null, null),
        (9, 'method_not_offered', small.instrument_version_id is not null and small.gateway is null, null, small.method),
        (10, 'below_minimum', payable_minor > 0 and payable_minor < small.minimum_minor and not is_last, next_available_on::timestamptz, null)
      ) possible(rank, reason, applies, until, detail)
      where applies
    ) against
  )
  -- A gateway may pay only whole units of a currency. The rest is carried forward.
  select partner_id, currency, payable_minor - rest_minor, held_minor + rest_minor, reserved_minor, next_available_on, minimum_minor, method, gateway,
    instrument_version_id, reasons, is_last, coalesce(reasons -> 0 ->> 'reason', 'paid'), rest_minor - debt_left_minor, debt_left_minor
  from judged
$$;
