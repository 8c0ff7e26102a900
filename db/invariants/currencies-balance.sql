-- 1. All entries of a currency add up to zero, and each entry has the currency of its account and journal.
select format('the entries in %s add up to %s', currency, sum(amount_minor)) as culprit
from ledger_entry group by currency having sum(amount_minor) <> 0
union all
select format('entry %s of journal %s is in %s, but its account is in %s and its journal in %s', entry.line_no, entry.journal_id,
  entry.currency, account.currency, journal.currency)
from ledger_entry entry
left join ledger_account account on account.id = entry.account_id left join ledger_journal journal on journal.id = entry.journal_id
where account.currency is distinct from entry.currency or journal.currency is distinct from entry.currency;
