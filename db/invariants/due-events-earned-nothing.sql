-- 5. An event that is still due for a partner has earned nothing for that partner yet.
select format('event %s/%s is due, but has an earning', event.source, event.source_id) as culprit
from event_due join earning using (event_id, partner_id) join event on event.id = event_id;
