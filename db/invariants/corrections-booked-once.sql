-- 5. Each item of a confirmed correction is one line, to the cent, and nothing is booked for any other correction.
select format('line %s in %s says %s to partner %s, but item %s of correction %s says %s', line.id, line.currency, line.amount_minor,
  line.partner_id, coalesce(line.correction_item, item.item_no), coalesce(line.correction_id, item.correction_id),
  coalesce(item.amount_minor::text, 'nothing')) as culprit
from (select * from earning_line where correction_id is not null and split_from is null) line
full join (
  select item.*, case correction.kind when 'transfer' then 'transferred' when 'merge' then 'transferred'
    when 'write_off' then 'written_off' else 'adjusted' end as kind
  from correction_item item join correction on correction.id = item.correction_id where correction.status = 'confirmed'
) item on item.correction_id = line.correction_id and item.item_no = line.correction_item
where (line.kind, line.partner_id, line.program_id, line.currency, line.amount_minor, line.available_on)
  is distinct from (item.kind, item.partner_id, item.program_id, item.currency, item.amount_minor, item.available_on);
