-- 5. An event that is still to be worked out has earned nothing yet.
select format('event %s/%s is due and has an earning', source, source_id) as culprit
from event_due join earning using (source, source_id);
