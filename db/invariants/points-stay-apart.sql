-- 1. A journal of points moves points between accounts of points, and a journal of money moves money.
select format('journal %s (%s) in %s has an entry in account %s', journal.idempotency_key, journal.kind, journal.currency,
  account.code) as culprit
from ledger_entry entry join ledger_journal journal on journal.id = entry.journal_id join ledger_account account on account.id = entry.account_id
where starts_with(account.code, 'points:') is distinct from is_points(journal.currency)
  or starts_with(journal.kind, 'points_') is distinct from is_points(journal.currency)
  or is_points(account.currency) is distinct from is_points(journal.currency);
