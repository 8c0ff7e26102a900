-- 16. A fund is never claimed beyond its amount, and each granted claim is a confirmed credit of the same amount.
select format('fund %s has %s, but %s was claimed from it', fund.id, fund.amount_minor, claimed.minor) as culprit
from fund join lateral (
  select coalesce(sum(claim.amount_minor), 0) as minor from fund_claim claim
  where claim.fund_id = fund.id and claim.status in ('review', 'granted')
) claimed on claimed.minor > fund.amount_minor
union all
select format('claim %s of %s was granted, but correction %s credits %s', claim.id, claim.amount_minor, claim.correction_id,
  coalesce(credited.minor::text, 'nothing'))
from fund_claim claim left join lateral (
  select sum(item.amount_minor) as minor from correction join correction_item item on item.correction_id = correction.id
  where correction.id = claim.correction_id and correction.status = 'confirmed'
) credited on true
where claim.status = 'granted' and credited.minor is distinct from claim.amount_minor;
