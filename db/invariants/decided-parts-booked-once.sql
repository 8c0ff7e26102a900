-- 7. A decided part of a payment has left suspense once, to the cent, and never more was decided than came back.
with expected(key, code, minor) as (
  select resolution.id::text, code, minor
  from resolution join payout on payout.id = resolution.payout_id cross join lateral (values
    ('suspense:' || payout.currency, amount_minor),
    (case outcome when 'keep' then 'writeoff:' else 'partner:payable:' || payout.partner_id || ':' end || payout.currency,
      -amount_minor)
  ) posting(code, minor)
  where resolution.status = 'applied' and amount_minor is not null
), booked(key, code, minor) as (
  select journal.idempotency_key, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind = 'suspense' group by 1, 2
)
select format('resolution %s: account %s should have %s, but has %s', key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, code)
where expected.minor is distinct from booked.minor
union all
select format('%s of attempt %s came back, but people decided about %s', coalesce(attempt.returned_minor, 0), attempt.id,
  sum(resolution.amount_minor))
from payout_attempt attempt join resolution on resolution.attempt_id = attempt.id and resolution.status = 'applied'
group by attempt.id having sum(resolution.amount_minor) > coalesce(attempt.returned_minor, 0);
