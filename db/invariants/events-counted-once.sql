-- 5. Every event is either still due or was counted once, for each partner for whom it is worked out, also above its own.
with seen as (
  select program_id, sum(events) as events from (
    select program_id, sum(worked_out_for) as events from event group by program_id
    union all
    select program_id, count(*) from event_ancestor join event on event.id = event_id group by program_id
  ) named group by program_id
), due as (
  select program_id, count(*) as events from event_due group by program_id
), counted as (
  select program_id, sum(event_count) as events from accrual_batch group by program_id
)
select format('program %s has %s events, but %s are due and %s were counted', program_id, coalesce(seen.events, 0),
  coalesce(due.events, 0), coalesce(counted.events, 0)) as culprit
from seen full join due using (program_id) full join counted using (program_id)
where coalesce(seen.events, 0) <> coalesce(due.events, 0) + coalesce(counted.events, 0);
