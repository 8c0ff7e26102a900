-- The people who had a hand in what a run pays, each with the first time: the preparer; those who changed the run, who added or confirmed the payment
-- details that it pays to, or directed money to them by an order, a cleared failure or a withdrawal; who sent the events, decided
-- about them or wrote the terms behind its lines; who recorded the agreements, facts, ladders and parents by which its partners earn, or the smallest payout or recovery of one; who
-- may read its partners' data as theirs; and who released a partner from a hold.
create or replace function run_hands(the_run uuid) returns table(actor_id uuid, since timestamptz) language sql stable as $$
  with recursive paid as materialized (
    select id, partner_id, instrument_version_id, created_at from payout where run_id = the_run and status <> 'cancelled'
  ), earner as (
    -- Those below a partner earn for the partner, too.
    select partner_id from paid
    union
    select record.partner_id from earner join partner_parent record on record.parent_id = earner.partner_id
  ), paid_line as (
    select line.program_id, line.made_by
    from paid join payout_line taken on taken.payout_id = paid.id join earning_line line on line.id = taken.earning_line_id
  ), hand as (
    -- The run began within a millisecond of this: its instant is rounded.
    select run.preparer_id as actor_id, run.created_at - interval '1 millisecond' as since from payout_run run where run.id = the_run
    union all
    select edit.actor_id, edit.at from run_edit edit where edit.run_id = the_run
    union all
    select instrument.created_by, instrument.created_at
    from paid join instrument_version instrument on instrument.id = paid.instrument_version_id
    union all
    select made.recorded_by, made.recorded_at from paid join details_call made on made.instrument_id = paid.instrument_version_id
    union all
    select place.placed_by, place.created_at from paid join instrument_place place on place.instrument_id = paid.instrument_version_id
    union all
    select failure.cleared_by, failure.cleared_at
    from paid join instrument_failure failure on failure.instrument_id = paid.instrument_version_id
    where failure.cleared_at is not null
    union all
    select withdrawn.withdrawn_by, withdrawn.withdrawn_at
    from instrument_withdrawal withdrawn join instrument_version gone on gone.id = withdrawn.instrument_id
    join paid on paid.partner_id = gone.partner_id
    union all
    select maker, '-infinity' from paid_line line cross join unnest(line.made_by) maker where line.made_by <> '{}'
    union all
    select term.recorded_by, term.recorded_at
    from agreement_term term
    where term.partner_id = any(array(select partner_id from earner)) and term.recorded_by is not null
      and term.program_id in (select program_id from paid_line)
    union all
    select fact.recorded_by, fact.recorded_at
    from partner_fact fact
    where fact.partner_id = any(array(select partner_id from earner)) and fact.recorded_by is not null
    union all
    -- Any program may ask for the rung. The first place that is found is enough: a ladder gives each partner a place in every window.
    select version.created_by, version.created_at
    from ladder_version version
    where exists (
      select from ladder_place place
      where place.ladder_version_id = version.id and place.partner_id = any(array(select partner_id from earner)))
    union all
    select record.recorded_by, record.recorded_at from partner_parent record where record.partner_id = any(array(select partner_id from earner))
    union all
    select smallest.recorded_by, smallest.recorded_at from paid join partner_minimum smallest using (partner_id)
    union all
    select cap.recorded_by, cap.recorded_at from paid join recovery_cap cap using (partner_id)
    union all
    select cap.recorded_by, cap.recorded_at
    from payout_run run cross join lateral (
      select recorded_by, recorded_at from recovery_cap
      where schedule_id = run.schedule_id and partner_id is null and recorded_at <= run.created_at + interval '1 millisecond'
      order by id desc limit 1) cap
    where run.id = the_run
    union all
    select held.actor_id, held.decided_at
    from paid join partner reader on reader.id = paid.partner_id or reader.merged_into = paid.partner_id
    join role_grant held on held.partner_id = reader.id and held.status in ('confirmed', 'revoked')
    union all
    select partner.released_by, partner.released_at
    from paid join partner on partner.id = paid.partner_id
    where partner.released_by is not null and not exists (
      select from payout earlier
      where earlier.partner_id = partner.id and earlier.run_id <> the_run and earlier.created_at > partner.released_at
        and earlier.status in ('sent', 'settled'))
  )
  select hand.actor_id, min(hand.since) from hand where hand.actor_id is not null group by hand.actor_id
$$;
