-- Keeps what these partners are owed in a currency, their holds and their instruments as they are until the transaction ends. Accrual,
-- holds and new instruments wait for it, or it waits for them. The application may not write to the accounts, so it cannot lock them.
create or replace function lock_owed(partners bigint[], its_currency char(3)) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from partner where id = any(partners) order by id for share;
  perform from ledger_account
  where code = any(select 'partner:payable:' || id || ':' || its_currency from unnest(partners) id) order by id for update;
end $$;
