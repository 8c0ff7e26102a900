-- 5. A scope that counts customers keeps their events as its earnings have them, and each customer once: in the first segment with an event.
with counted as (
  select scope_id, customer, terms_since, plan_version_id, sum(volume) as events, sum(base) as base
  from earning where customer is not null and scope_id is not null group by scope_id, customer, terms_since, plan_version_id
), placed as (
  (select distinct on (scope_id, customer) scope_id, terms_since, plan_version_id, 1 as volume, 0 as base
   from counted where events > 0 order by scope_id, customer, terms_since, plan_version_id)
  union all
  (select distinct on (scope_id, customer) scope_id, terms_since, plan_version_id, 0, 1
   from counted where base > 0 order by scope_id, customer, terms_since, plan_version_id)
), measured as (
  select scope_id, terms_since, plan_version_id, sum(volume) as volume, sum(base) as base from placed
  group by scope_id, terms_since, plan_version_id
), total as (
  select total.* from scope_total total join earning_scope scope on scope.id = total.scope_id where scope.measure ~ '^customers( |$)'
)
select format('customer %s has %s events in scope %s, which says %s', coalesce(kept.customer, counted.customer), counted.events,
  coalesce(kept.scope_id, counted.scope_id), kept.events) as culprit
from scope_customer kept full join counted using (scope_id, customer, terms_since, plan_version_id)
where (kept.events, kept.base) is distinct from (counted.events, counted.base)
union all
select format('scope %s has %s customers since %s, but says %s', coalesce(total.scope_id, measured.scope_id), coalesce(measured.volume, 0),
  coalesce(total.terms_since, measured.terms_since), total.volume)
from total full join measured using (scope_id, terms_since, plan_version_id)
where (total.volume, total.base) is distinct from (coalesce(measured.volume, 0), coalesce(measured.base, 0));
