-- Tells endpoints of every payout that moved, whichever statement moved it.
create or replace function publish_payouts() returns trigger
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  if not exists (select from webhook_endpoint) then return null; end if;
  perform publish_event('payout.' || after.status, jsonb_build_object('payout', after.id, 'run', after.run_id, 'partner', partner.code,
      'status', after.status, 'method', after.method, 'currency', after.currency, 'netMinor', after.net_minor::text))
    from after join before using (id) join partner on partner.id = after.partner_id where after.status <> before.status;
  return null;
end $$;

create or replace trigger payout_published after update on payout referencing old table as before new table as after
  for each statement execute function publish_payouts();
