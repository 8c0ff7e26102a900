-- 5. The parts of a pool in force add up to it, and never to more. Each is booked, and fits what its partner and all others reached.
with latest as (
  select distinct on (pool_id) pool_id, total, pool_minor from pool_division order by pool_id, revision desc
), part as (
  select distinct on (scope_id) pool_id, scope_id, event_id, amount_minor from pool_part order by scope_id, revision desc
), measured as (
  select scope_id, sum(volume) as volume from scope_total where scope_id in (select scope_id from part) group by scope_id
)
select format('pool %s divides %s, but its parts add up to %s', pool_id, max(latest.pool_minor),
  coalesce(sum(part.amount_minor), 0)) as culprit
from latest left join part using (pool_id)
group by pool_id
having coalesce(sum(part.amount_minor), 0) <> max(case when latest.total = 0 then 0 else latest.pool_minor end)
union all
select format('scope %s has the part %s of pool %s, but has earned %s', scope.id, part.amount_minor, part.pool_id, scope.earned_minor)
from part join earning_scope scope on scope.id = part.scope_id
where scope.earned_minor <> part.amount_minor and not exists (select from event_due due where due.event_id = part.event_id)
union all
select format('scope %s reached %s of %s, but has the part %s of %s', scope.id, coalesce(measured.volume, 0), latest.total, part.amount_minor,
  latest.pool_minor)
from part join latest using (pool_id) join earning_scope scope on scope.id = part.scope_id
left join measured on measured.scope_id = scope.id
where not scope.is_undivided and part.amount_minor <> 0
  and abs(part.amount_minor::numeric * latest.total - latest.pool_minor::numeric * coalesce(measured.volume, 0)) >= latest.total;
