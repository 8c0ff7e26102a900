-- 7. A transfer or a merge moves money between partners of one program and day, and makes none.
select format('correction %s moves %s in program %s, free from %s on, but adds up to %s', correction.id, item.currency, item.program_id,
  item.available_on, sum(item.amount_minor)) as culprit
from correction join correction_item item on item.correction_id = correction.id
where correction.kind in ('transfer', 'merge')
group by correction.id, item.currency, item.program_id, item.available_on
having sum(item.amount_minor) <> 0;
