create or replace function check_batched_attempts() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare offending uuid;
begin
  select added.id into offending
  from added join provider_batch batch on batch.id = added.batch_id join payout on payout.id = added.payout_id
  where batch.txid is distinct from pg_current_xact_id() or (batch.gateway, batch.currency, batch.run_id)
    is distinct from (added.gateway, added.currency, payout.run_id)
  limit 1;
  if found then
    raise exception 'attempt % refused: its batch is closed, or has another gateway, currency or run', offending
      using errcode = 'restrict_violation';
  end if;
  return null;
end $$;

create or replace trigger batch_takes_no_more after insert on payout_attempt referencing new table as added
  for each statement execute function check_batched_attempts();
