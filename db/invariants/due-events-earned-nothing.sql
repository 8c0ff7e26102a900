-- 5. An event that is still due for a partner has earned nothing for that partner yet, by the same part.
select format('event %s/%s is due, but has an earning', event.source, event.source_id) as culprit
from event_due due join earning on earning.event_id = due.event_id and earning.partner_id = due.partner_id
  and earning.child_id is not distinct from due.child_id
join event on event.id = due.event_id;
