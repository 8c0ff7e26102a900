-- 5. The worth of an event that waits until it is paid is never below zero.
select format('event %s/%s waits for %s of payments, for partner %s and %s', origin.source, origin.source_id,
  sum(earning.uncollected_minor), earning.partner_id, earning.incentive_id) as culprit
from earning join event origin on origin.id = earning.origin_id
where earning.uncollected_minor <> 0
group by origin.source, origin.source_id, earning.partner_id, earning.child_id, earning.incentive_id, earning.currency
having sum(earning.uncollected_minor) < 0;
