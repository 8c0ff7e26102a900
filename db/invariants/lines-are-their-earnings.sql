-- 5. An earning line has the sum and the count of its earnings.
select format('line %s says %s from %s earnings, but has %s from %s', line.id, line.amount_minor, line.earning_count,
  coalesce(earned.minor, 0), coalesce(earned.count, 0)) as culprit
from earning_line line
left join (
  select earning_line_id, sum(amount_minor) as minor, count(*) as count from earning group by earning_line_id
) earned on earned.earning_line_id = line.id
where line.split_from is null and line.batch_id is not null
  and (line.amount_minor, line.earning_count) is distinct from (coalesce(earned.minor, 0), coalesce(earned.count, 0));
