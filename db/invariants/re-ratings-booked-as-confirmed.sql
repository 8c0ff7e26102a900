-- 15. A re-rating earns what two people confirmed for each partner and currency, once, and nothing else.
with booked as (
  select split_part(event.source_id, '/', 2)::uuid as id, earning.partner_id, earning.currency, sum(earning.amount_minor) as minor
  from event join earning on earning.event_id = event.id
  where event.source = 'bursar' and event.kind = 're_rating'
  group by 1, 2, 3
), confirmed as (
  select item.re_rating_id as id, item.partner_id, item.currency, item.after_minor - item.before_minor as minor
  from re_rating_item item where item.status = 'booked'
)
select format('re-rating %s earned %s for partner %s, but %s was confirmed', id, coalesce(booked.minor, 0), partner_id,
  coalesce(confirmed.minor, 0)) as culprit
from booked full join confirmed using (id, partner_id, currency)
where coalesce(booked.minor, 0) <> coalesce(confirmed.minor, 0)
union all
select format('re-rating %s is %s, but was decided by %s, who had a hand in it', id, status, decided_by)
from re_rating
where status in ('confirmed', 'done') and (decided_by is not distinct from proposed_by or decided_by = any(made_by));
