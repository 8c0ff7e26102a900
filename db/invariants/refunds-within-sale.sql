-- 5. Refunds and corrections take back no more than their event earned, on the event's release day.
select format('event %s/%s earned %s for partner %s, which is less than nothing, or on several days', origin.source, origin.source_id,
  sum(earning.amount_minor), earning.partner_id) as culprit
from earning join event origin on origin.id = earning.origin_id
where earning.scope_id is null
group by origin.source, origin.source_id, earning.partner_id, earning.child_id, earning.currency
having bool_or(earning.origin_id <> earning.event_id)
  and (sum(earning.amount_minor) < 0 or count(distinct earning.available_on) > 1);
