-- 7. The lines of a batch are booked once, as owed to their partners.
with line as (
  select batch_id || '/' || currency as key, program_id, partner_id, currency, amount_minor from earning_line
  where split_from is null and batch_id is not null
), expected(key, code, minor) as (
  select key, 'program:expense:' || program_id || ':' || currency, sum(amount_minor) from line group by 1, 2
  union all
  select key, 'partner:payable:' || partner_id || ':' || currency, -sum(amount_minor) from line group by 1, 2
), booked(key, code, minor) as (
  select journal.idempotency_key, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind = 'accrual' group by 1, 2
)
select format('accrual of batch %s: account %s should have %s, but has %s', key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, code)
where coalesce(expected.minor, 0) <> coalesce(booked.minor, 0);
