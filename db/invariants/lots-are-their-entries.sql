-- 5. A lot of points has left what it got and gave, and has expired what expired of it.
select format('lot %s has %s left and %s expired, but its entries say %s and %s', lot.id, lot.left_minor, lot.expired_minor,
  coalesce(moved.left_minor, 0), coalesce(moved.expired_minor, 0)) as culprit
from points_lot lot left join (
  select entry.lot_id, sum(entry.amount_minor) as left_minor,
    coalesce(-sum(entry.amount_minor) filter (where movement.kind in ('expired', 'expiry_undone')), 0) as expired_minor
  from points_lot_entry entry join points_movement movement on movement.id = entry.movement_id group by entry.lot_id
) moved on moved.lot_id = lot.id
where (lot.left_minor, lot.expired_minor) is distinct from (coalesce(moved.left_minor, 0), coalesce(moved.expired_minor, 0));
