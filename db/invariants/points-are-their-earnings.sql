-- 5. The points that a batch moved are those that its events earned.
with earned as (
  select batch_id, partner_id, currency as unit, sum(amount_minor) as minor from earning where is_points(currency)
  group by batch_id, partner_id, currency having sum(amount_minor) <> 0
), moved as (
  select batch_id, partner_id, unit, sum(amount_minor) as minor from points_movement where kind in ('earned', 'corrected', 'reversed')
  group by batch_id, partner_id, unit having sum(amount_minor) <> 0
)
select format('partner %s earned %s %s in batch %s, but %s moved', partner_id, coalesce(earned.minor, 0), unit, batch_id,
  coalesce(moved.minor, 0)) as culprit
from earned full join moved using (batch_id, partner_id, unit) where earned.minor is distinct from moved.minor;
