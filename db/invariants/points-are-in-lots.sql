-- 8. The lots of a partner hold the balance of the ledger, and nothing while points are owed.
with held as (
  select partner_id, unit, sum(left_minor) as minor from points_lot group by partner_id, unit
), owed as (
  select account.partner_id, account.currency as unit, -sum(entry.amount_minor) as minor
  from ledger_account account join ledger_entry entry on entry.account_id = account.id
  where starts_with(account.code, 'points:partner:') group by account.partner_id, account.currency
)
select format('partner %s has %s %s in lots, but the ledger says %s', partner_id, coalesce(held.minor, 0), unit, coalesce(owed.minor, 0))
  as culprit
from held full join owed using (partner_id, unit)
where coalesce(held.minor, 0) <> greatest(coalesce(owed.minor, 0), 0);
