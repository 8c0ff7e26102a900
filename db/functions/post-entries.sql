-- The entries that one statement adds to a journal must add up to zero, so no journal is ever unbalanced, not even within a
-- transaction. A committed journal is closed. Cached accounts are locked in the order of their ids, and the new entries are added to
-- their sums.
create or replace function post_entries() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (
    select from added join ledger_journal journal on journal.id = added.journal_id
    where journal.txid is distinct from pg_current_xact_id()
  ) then
    raise exception 'entry refused: its journal is closed' using errcode = 'restrict_violation';
  end if;
  if exists (select from added group by journal_id having sum(amount_minor) <> 0) then
    raise exception 'entries refused: they do not add up to zero' using errcode = 'check_violation';
  end if;
  perform 1 from ledger_account where cached and id in (select account_id from added) order by id for update;
  update ledger_account account set debits = account.debits + moved.debits, credits = account.credits + moved.credits
  from (
    select account_id, coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)::bigint as debits,
           coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)::bigint as credits
    from added group by account_id
  ) moved
  where account.id = moved.account_id and account.cached;
  return null;
end $$;

create or replace trigger entries_post after insert on ledger_entry referencing new table as added
  for each statement execute function post_entries();
