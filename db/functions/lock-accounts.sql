-- Keeps the balances of these accounts of partners as they are until the transaction ends, in the order of their ids.
create or replace function lock_accounts(codes text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from ledger_account where code = any(codes) and cached order by id for update;
end $$;
