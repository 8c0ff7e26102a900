create or replace function check_journal_balances() returns trigger language plpgsql as $$
declare entries int; total numeric;
begin
  select count(*), coalesce(sum(amount_minor), 0) into entries, total from ledger_entry where journal_id = new.id;
  if entries < 2 or total <> 0 then
    raise exception 'journal % (% %) refused: it has % entries that add up to %, but needs at least two that add up to zero',
      new.id, new.kind, new.idempotency_key, entries, total using errcode = 'check_violation';
  end if;
  return null;
end $$;

drop trigger if exists journal_balances on ledger_journal;
create constraint trigger journal_balances after insert on ledger_journal deferrable initially deferred
  for each row execute function check_journal_balances();
