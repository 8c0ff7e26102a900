-- 15. Two people decided each merge of partners, and its partner belongs to one who was not merged.
select format('partner %s is merged into %s, but the correction that two people confirmed says %s', partner.id, partner.merged_into,
  coalesce(correction.into_id::text, 'nothing')) as culprit
from partner
full join (select * from correction where kind = 'merge' and status = 'confirmed') correction on correction.merged_id = partner.id
left join partner survivor on survivor.id = partner.merged_into
left join partner first on first.id = correction.into_id
where (partner.merged_into is not null or correction.id is not null)
  and (partner.merged_into is null or correction.id is null or survivor.merged_into is not null
    or partner.merged_into <> coalesce(first.merged_into, first.id));
