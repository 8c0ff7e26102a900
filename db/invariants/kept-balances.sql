-- 2. The balance of an account is the sum of its entries.
select format('account %s has %s debits and %s credits, but its entries add up to %s and %s', account.code, account.debits,
  account.credits, entries.debits, entries.credits) as culprit
from ledger_account account
left join (
  select account_id, sum(amount_minor) filter (where amount_minor > 0) as debits,
    -sum(amount_minor) filter (where amount_minor < 0) as credits
  from ledger_entry group by account_id
) entries on entries.account_id = account.id
where account.cached
  and (account.debits, account.credits) is distinct from (coalesce(entries.debits, 0), coalesce(entries.credits, 0));
