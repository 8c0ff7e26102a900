-- 7. A confirmed correction is in the ledger once, to the cent, and under the kind that its own kind has.
with item as (
  select item.*, case correction.kind when 'transfer' then 'transfer' when 'merge' then 'transfer' when 'write_off' then 'write_off'
    else 'adjustment' end as kind
  from correction_item item join correction on correction.id = item.correction_id where correction.status = 'confirmed'
), expected(key, kind, code, minor) as (
  select correction_id::text, kind, code, sum(minor)
  from item cross join lateral (values
    (true, 'partner:payable:' || partner_id || ':' || currency, -amount_minor),
    (kind = 'adjustment', 'program:adjustments:' || program_id || ':' || currency, amount_minor),
    (kind = 'write_off', 'writeoff:' || currency, amount_minor)
  ) posting(applies, code, minor)
  where applies group by 1, 2, 3 having sum(minor) <> 0
), booked(key, kind, code, minor) as (
  select split_part(journal.idempotency_key, '/', 1), journal.kind, account.code, sum(entry.amount_minor)
  from ledger_journal journal join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind in ('adjustment', 'transfer', 'write_off') group by 1, 2, 3 having sum(entry.amount_minor) <> 0
)
select format('correction %s: account %s should have %s, but has %s', key, code, coalesce(expected.minor, 0),
  coalesce(booked.minor, 0)) as culprit
from expected full join booked using (key, kind, code)
where expected.minor is distinct from booked.minor;
