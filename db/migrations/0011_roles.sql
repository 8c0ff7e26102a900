-- The app works as bursar_app, which cannot change or remove a fact, whatever the code tries. Migrations run as the owner. A later
-- migration that adds a table also adds its grants.

do $$ begin
  create role bursar_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;

grant usage on schema public to bursar_app;
grant usage on all sequences in schema public to bursar_app;
grant select, insert on all tables in schema public to bursar_app;
revoke insert on currency, rail_unit, payout_edge, attempt_edge, batch_edge, resolution_edge, run_edge, attempt_history, payout_history from bursar_app;
grant update on idempotency_key, payer_gateway, gateway_pause, pay_schedule_minimum, partner, task, alarm, notification,
  event_due, audit, audit_source, back_test, back_test_group, earning_scope, scope_total, scope_member, scope_customer, import, payout, payout_line, payout_attempt, instrument_failure, webhook_inbox, resolution, payout_run, run_outcome, check_account, check_stop,
  check_exception, recon_report, recon_line, recon_break to bursar_app;
grant update (revoked_at, revoked_by, revocation_signature_id, last_used_at) on api_key to bursar_app;
grant update (digest, at_once) on incident to bursar_app;
grant update (status, decided_by, decided_at, note, decision_signature_id, revoked_by, revoked_at, revocation_signature_id) on role_grant to bursar_app;
grant update (status, decided_by, decided_at, note, decision_signature_id) on passkey_loss to bursar_app;
grant update (ended_at, key_id, passkey_id, identity_id) on key_claim to bursar_app;
grant update (outcome, ended_at, ended_by) on contact_change to bursar_app;
grant update (sign_count, last_used_at, name, removed_at) on passkey to bursar_app;
grant update (last_used_at, removed_at) on identity to bursar_app;
grant delete on used_challenge to bursar_app;
grant update (language) on actor to bursar_app;
grant update (seen_at, ended_at) on session to bursar_app;
grant update (revoked_by, revoked_at) on source_secret to bursar_app;
grant update (partner_code, tried_at, claimed_at, dismissed_at, dismissed_by, dismissed_because, hands) on event_parked to bursar_app;
grant update (told_by) on alarm_fact to bursar_app;
grant update (frequency, weekday, monthday, first_cutoff, zone, pay_days, scheduled, timed_at) on pay_schedule to bursar_app;
grant update (name, address) on payer to bursar_app;
grant update (description, allowed_values) on fact_key to bursar_app;
grant update (name, partner_kinds, eligibility, bars_events, admission_by, admission_since, fact_grants, attributes, changed_events, confirms_details, unknown_partners, refund_wait_hours, exact_amounts) on program to bursar_app; -- this also lets the app lock a program
grant update on incentive_day, incentive_days_kept to bursar_app;
revoke insert on incentive_days_kept from bursar_app;
grant update (used_minor, amount_minor, change_no, closed_at) on budget to bursar_app;
grant update (status, stage, is_escalated, due_at, ended_at, reason) on policy_review to bursar_app;
grant update (provider_ref, step, state, word, reason, evidence, handed_to, submitted_at, submit_deadline_at, call_no, due_at)
  on provider_batch to bursar_app;
grant delete on idempotency_key, payer_alert_amount, gateway_pause, pay_schedule_minimum, event_due, scope_member to bursar_app;
