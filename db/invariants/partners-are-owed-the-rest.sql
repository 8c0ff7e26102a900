-- 8. A partner is owed the money that their events earned and that people corrected or converted, less what was sent and did not come back.
with earned as (
  select partner_id, currency, sum(amount_minor) as minor
  from (
    select partner_id, currency, amount_minor from earning where not is_points(currency)
    union all
    select partner_id, currency, amount_minor from earning_line where batch_id is null and split_from is null
  ) credited
  group by partner_id, currency
), paid as (
  select payout.partner_id, payout.currency, sum(payout.gross_minor) as minor
  from payout
  where exists (select from payout_attempt attempt where attempt.payout_id = payout.id
    and attempt.submitted_at is not null and attempt.state not in ('failed', 'returned'))
  group by payout.partner_id, payout.currency
), owed as (
  select account.partner_id, account.currency, -sum(entry.amount_minor) as minor
  from ledger_account account join ledger_entry entry on entry.account_id = account.id
  where account.partner_id is not null and not is_points(account.currency) group by account.partner_id, account.currency
)
select format('partner %s earned %s %s and was sent %s, so %s is owed, but the ledger says %s', partner_id, coalesce(earned.minor, 0),
  currency, coalesce(paid.minor, 0), coalesce(earned.minor, 0) - coalesce(paid.minor, 0), coalesce(owed.minor, 0)) as culprit
from earned full join paid using (partner_id, currency) full join owed using (partner_id, currency)
where coalesce(earned.minor, 0) - coalesce(paid.minor, 0) <> coalesce(owed.minor, 0);
