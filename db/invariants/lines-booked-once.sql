-- 7. Every line of earnings is booked once, as owed to its partner.
with expected(key, code, minor) as (
  select line.id::text, code, minor
  from earning_line line cross join lateral (values
    ('program:expense:' || program_id || ':' || currency, amount_minor),
    ('partner:payable:' || partner_id || ':' || currency, -amount_minor)
  ) posting(code, minor)
  where split_from is null and batch_id is not null
), booked(key, code, minor) as (
  select journal.idempotency_key, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind = 'accrual' group by 1, 2
)
select format('accrual of line %s: account %s should have %s, but has %s', key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, code)
where expected.minor is distinct from booked.minor;
