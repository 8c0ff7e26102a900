-- 7. A merge moves points from the merged partner to the one who goes on, and makes none.
select format('merge %s moves %s, but adds up to %s', correction.id, movement.unit, sum(movement.amount_minor)) as culprit
from points_movement movement join correction on correction.id = movement.correction_id
group by correction.id, movement.unit
having sum(movement.amount_minor) <> 0
  or bool_or(correction.kind <> 'merge' or correction.status <> 'confirmed'
    or movement.partner_id not in (correction.merged_id, correction.into_id));
