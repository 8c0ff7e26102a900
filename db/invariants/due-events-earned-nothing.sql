-- 5. An event that is still due has earned nothing yet.
select format('event %s/%s is due, but has an earning', source, source_id) as culprit
from event_due join earning using (source, source_id);
