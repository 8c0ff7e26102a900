-- 5. The kept sums of an incentive's days are what its earnings add up to.
with kept as (select until from incentive_days_kept), event_sum as (
  select program, booked_on, incentive, unit, event_id, sum(cost_minor) as cost_minor, bool_or(is_first) as is_first,
    coalesce(min(moved_exact) filter (where is_first), 0) as moved_exact
  from incentive_costs('-infinity', 'infinity', '-infinity', (select until from kept))
  group by program, booked_on, incentive, unit, event_id
), earned as (
  select program.id as program_id, incentive as incentive_id, unit, sum(cost_minor) as cost_minor, sum(moved_exact) as moved_exact,
    count(*) filter (where is_first) as event_count
  from event_sum join program on program.code = event_sum.program group by program.id, incentive, unit
), summed as (
  select program_id, incentive_id, unit, sum(cost_minor) as cost_minor, sum(moved_exact) as moved_exact, sum(event_count) as event_count
  from incentive_day group by program_id, incentive_id, unit
)
select format('program %s, incentive %s earned %s %s by %s events, but its days say %s by %s', coalesce(earned.program_id, summed.program_id),
  coalesce(earned.incentive_id, summed.incentive_id), coalesce(earned.cost_minor, 0), coalesce(earned.unit, summed.unit),
  coalesce(earned.event_count, 0), coalesce(summed.cost_minor, 0), coalesce(summed.event_count, 0)) as culprit
from earned full join summed using (program_id, incentive_id, unit)
where (coalesce(earned.cost_minor, 0), coalesce(earned.moved_exact, 0), coalesce(earned.event_count, 0))
  is distinct from (coalesce(summed.cost_minor, 0), coalesce(summed.moved_exact, 0), coalesce(summed.event_count, 0))
