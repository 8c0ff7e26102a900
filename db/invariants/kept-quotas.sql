-- 5. A scope that is compared with a quota keeps the one in force, unless a change of it is still to be worked out. No other scope has one.
select format('scope %s is compared with the quota %s, but %s is in force', scope.id, coalesce(scope.quota::text, 'none'),
  coalesce(latest.value::text, 'none')) as culprit
from earning_scope scope
left join lateral (
  select quota.value, quota.event_id from quota
  where quota.partner_id = scope.partner_id and quota.program_id = scope.program_id
    and quota.name = nullif(split_part(scope.measure, ' against quota ', 2), '')
    and quota.time_window = scope.time_window and quota.window_start = scope.window_start
    and coalesce(quota.currency, '') = case when split_part(scope.measure, ' ', 1) in ('quantity', 'count', 'customers') then '' else scope.currency end
  order by quota.id desc limit 1
) latest on true
where (scope.quota is not null or scope.measure like '% against quota %') and scope.quota is distinct from latest.value
  and not exists (select from event_due due where due.event_id = latest.event_id);
