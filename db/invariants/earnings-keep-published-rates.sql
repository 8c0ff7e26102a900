-- 5. An earning whose event was converted names rates that were recorded of its source and day. The base of the source needs none.
select format('earning of event %s by %s names a rate that nobody recorded', earning.event_id, earning.incentive_id) as culprit
from earning
cross join lateral (
  values (earning.rate->>'from', earning.rate->>'fromRate'), (earning.rate->>'to', earning.rate->>'toRate')
) leg(currency, rate)
where earning.rate is not null and case when leg.rate is null
  then not exists (select from rate_source where code = earning.rate->>'source' and base = leg.currency)
  else not exists (
    select from exchange_rate recorded
    where recorded.source = earning.rate->>'source' and recorded.day = (earning.rate->>'day')::date
      and recorded.quote = leg.currency and recorded.rate = leg.rate) end;
