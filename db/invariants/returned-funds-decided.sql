-- 5. A line of returned funds equals the part that two people credited to its partner.
select format('line %s in %s says %s to partner %s, but resolution %s says %s', line.id, line.currency, line.amount_minor,
  line.partner_id, coalesce(resolution.id::text, 'none'), coalesce(resolution.amount_minor::text, 'nothing')) as culprit
from (select * from earning_line where kind = 'returned_funds' and split_from is null) line
full join (
  select resolution.*, payout.partner_id, payout.currency
  from resolution join payout on payout.id = resolution.payout_id
  where resolution.outcome = 'credit_partner' and resolution.status = 'applied'
) resolution on resolution.id = line.resolution_id
where (line.partner_id, line.currency, line.amount_minor)
  is distinct from (resolution.partner_id, resolution.currency, resolution.amount_minor);
