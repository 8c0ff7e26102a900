-- 5. A scope has earned what its earnings add up to, and its kept measures are the sums of theirs. Readings and customers do not add up.
with earned as (
  select scope_id, sum(amount_minor) as minor, coalesce(sum(unfunded_minor), 0) as unfunded from earning where scope_id is not null group by scope_id
), measured as (
  select scope_id, terms_since, plan_version_id, sum(case when measure ~ '^(reading|customers)( |$)' then 0 else volume end) as volume,
    sum(of_amount) as of_amount, sum(case when measure ~ '^(reading|customers)( |$)' then 0 else base end) as base
  from earning join earning_scope scope on scope.id = scope_id group by scope_id, terms_since, plan_version_id
), joined as (
  select scope_id, origin_id, plan_version_id, sum(volume) as volume, sum(of_amount) as of_amount
  from earning join earning_scope scope on scope.id = scope_id where time_window = 'event' or measure like 'reading %'
  group by scope_id, origin_id, plan_version_id
  having case when max(time_window) = 'event' then sum(volume) <> 0 or sum(of_amount) <> 0 else sum(base) <> 0 end
)
select format('scope %s has earned %s and lacks %s, but says %s and %s', scope.id, coalesce(earned.minor, 0),
  coalesce(earned.unfunded, 0), scope.earned_minor, scope.unfunded_minor) as culprit
from earning_scope scope full join earned on earned.scope_id = scope.id
where (scope.earned_minor, scope.unfunded_minor) is distinct from (coalesce(earned.minor, 0), coalesce(earned.unfunded, 0))
union all
select format('scope %s has measured %s since %s, but says %s', coalesce(total.scope_id, measured.scope_id), measured.volume,
  coalesce(total.terms_since, measured.terms_since), total.volume)
from (
  select scope_id, terms_since, plan_version_id, of_amount, case when measure ~ '^customers( |$)' then 0 else volume end as volume,
    case when measure ~ '^customers( |$)' then 0 else base end as base
  from scope_total join earning_scope scope on scope.id = scope_id
) total
full join (select measured.* from measured join earning_scope scope on scope.id = scope_id where time_window <> 'event') measured
  using (scope_id, terms_since, plan_version_id)
where (total.volume, total.of_amount, total.base) is distinct from (measured.volume, measured.of_amount, measured.base)
union all
select format('event %s counts %s in scope %s, which says %s', coalesce(member.origin_id, joined.origin_id), joined.volume,
  coalesce(member.scope_id, joined.scope_id), member.volume)
from scope_member member
full join joined using (scope_id, origin_id, plan_version_id)
where (member.volume, member.of_amount) is distinct from (joined.volume, joined.of_amount);
