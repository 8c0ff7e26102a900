-- The entries of the ledger about a payout's attempts and about people's decisions on them. It looks behind the wall for people with limits,
-- who read no other entry of the ledger. So a query asks it only for payouts that it has read.
create or replace function payout_entries(the_payout uuid)
returns table(journal_id uuid, kind text, account text, currency text, line_no smallint, amount_minor bigint, recorded_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select journal.id, journal.kind, account.code, entry.currency, entry.line_no, entry.amount_minor, journal.recorded_at
  from ledger_journal journal
  join ledger_entry entry on entry.journal_id = journal.id
  join ledger_account account on account.id = entry.account_id
  where journal.kind <> 'accrual' and split_part(journal.idempotency_key, '/', 1) in (
    select id::text from payout_attempt where payout_id = the_payout
    union all
    select id::text from resolution where payout_id = the_payout)
$$;
