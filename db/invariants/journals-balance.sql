-- 1. Every journal has at least two entries, and they add up to zero.
select format('journal %s (%s %s) has %s entries that add up to %s', journal.id, journal.kind, journal.idempotency_key,
  count(entry.journal_id), coalesce(sum(entry.amount_minor), 0)) as culprit
from ledger_journal journal left join ledger_entry entry on entry.journal_id = journal.id
group by journal.id having count(entry.journal_id) < 2 or sum(entry.amount_minor) <> 0;
