-- 7. Every amount that was sent, taken, undone or returned is in the ledger exactly once, to the cent.
with fact as (
  select attempt.id::text as key, attempt.gateway || ':' || attempt.currency as gateway, ':' || attempt.currency as currency,
    payout.partner_id, payout.gross_minor as gross, payout.withheld_minor as withheld, payout.fee_minor as fee,
    payout.net_minor as net, attempt.submitted_at is not null as was_sent, attempt.state = 'failed' as has_failed,
    attempt.debited_minor is not null as was_taken,
    case when coalesce(attempt.debit_fee_currency, attempt.currency) = attempt.currency then coalesce(attempt.debit_fee_minor, 0)
      else 0 end as provider_fee,
    case when attempt.debit_fee_currency <> attempt.currency then attempt.debit_fee_minor else 0 end as foreign_fee,
    attempt.gateway || ':' || attempt.debit_fee_currency as fee_gateway,
    attempt.state = 'returned' as is_back, coalesce(attempt.returned_minor, 0) as back
  from payout_attempt attempt join payout on payout.id = attempt.payout_id
), expected(key, kind, code, minor) as (
  select key, kind, code, minor from fact cross join lateral (values
    (was_sent, 'send', 'partner:payable:' || partner_id || currency, gross),
    (was_sent, 'send', 'tax:withheld' || currency, -withheld),
    (was_sent, 'send', 'fees:payout' || currency, -fee),
    (was_sent, 'send', 'payout:in_transit:' || gateway, -net),
    (was_taken, 'debit', 'payout:in_transit:' || gateway, net),
    (was_taken, 'debit', 'fees:' || gateway, provider_fee),
    (was_taken, 'debit', 'cash:' || gateway, -(net + provider_fee)),
    (was_taken, 'fee', 'fees:' || fee_gateway, foreign_fee),
    (was_taken, 'fee', 'cash:' || fee_gateway, -foreign_fee),
    (was_sent and has_failed, 'fail', 'partner:payable:' || partner_id || currency, -gross),
    (was_sent and has_failed, 'fail', 'tax:withheld' || currency, withheld),
    (was_sent and has_failed, 'fail', 'fees:payout' || currency, fee),
    (was_sent and has_failed, 'fail', 'payout:in_transit:' || gateway, net),
    (is_back, 'return', 'partner:payable:' || partner_id || currency, -gross),
    (is_back, 'return', 'tax:withheld' || currency, withheld),
    (is_back, 'return', 'fees:payout' || currency, fee),
    (is_back, 'return', 'fees:' || gateway, net - back),
    (true, 'return', 'cash:' || gateway, back),
    (not is_back, 'return', 'suspense' || currency, -back)
  ) posting(happened, kind, code, minor)
  where happened and minor <> 0
), booked(key, kind, code, minor) as (
  -- A part that comes back first waits in suspense. A later full return and that part count as one.
  select split_part(journal.idempotency_key, '/', 1), replace(journal.kind, 'partial_return', 'return'), account.code,
    sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind in ('send', 'debit', 'fee', 'fail', 'return', 'partial_return')
  group by 1, 2, 3 having sum(entry.amount_minor) <> 0
)
select format('%s of attempt %s: account %s should have %s, but has %s', kind, key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, kind, code)
where expected.minor is distinct from booked.minor;
