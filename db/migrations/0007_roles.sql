-- Up Migration

-- The app works as bursar_app: it cannot change or remove a fact, whatever its code tries. Migrations run as the owner.

do $$ begin
  create role bursar_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;

grant usage on schema public to bursar_app;
grant select, insert on all tables in schema public to bursar_app;
grant usage on all sequences in schema public to bursar_app;
grant update on payer_gateway, pay_schedule_minimum, partner, agreement, import,
  event_due, payout_run, payout, payout_line, run_outcome, payout_attempt, idempotency_key, webhook_inbox, notification,
  gateway_pause, alarm, recon_report, recon_line, recon_break to bursar_app;
grant update (revoked_at, last_used_at) on api_key to bursar_app;
grant update (name) on program to bursar_app; -- which also lets it lock one
grant delete on event_due, gateway_pause, pay_schedule_minimum, idempotency_key to bursar_app;
revoke insert, update, delete on currency, run_edge, payout_edge, attempt_edge from bursar_app;
revoke insert on attempt_history from bursar_app;
