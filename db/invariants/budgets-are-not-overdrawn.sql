-- 5. A budget paid what its earnings add up to, no more than its amount, and only by terms that name it, in its unit.
with paid as (
  select budget_id, sum(amount_minor) as minor from earning where budget_id is not null group by budget_id
), named as (
  select version.id as version_id, incentive->>'id' as incentive_id, budget.id as budget_id, budget.unit
  from plan_version version join plan on plan.id = version.plan_id
  cross join jsonb_array_elements(version.terms->'incentives') incentive
  join budget on budget.program_id = plan.program_id and budget.code = incentive->>'budget'
)
select format('budget %s has paid %s of %s, but says %s', coalesce(budget.code, paid.budget_id::text), coalesce(paid.minor, 0),
  budget.amount_minor, budget.used_minor) as culprit
from budget full join paid on paid.budget_id = budget.id
where budget.used_minor is distinct from coalesce(paid.minor, 0) or paid.minor > budget.amount_minor
union all
select format('event %s earned by %s from budget %s, but the terms name %s', event_id, earning.incentive_id,
  coalesce(earning.budget_id::text, 'none'), coalesce(named.budget_id::text, 'none'))
from earning
left join named on named.version_id = earning.plan_version_id and named.incentive_id = earning.incentive_id
where earning.budget_id is distinct from named.budget_id or named.unit <> earning.currency
union all
select format('budget %s did not pay %s of event %s', min(budget_id), sum(unfunded_minor), origin_id)
from earning where budget_id is not null and scope_id is null
group by origin_id, partner_id, child_id, incentive_id, plan_version_id, terms_since having sum(unfunded_minor) < 0;
