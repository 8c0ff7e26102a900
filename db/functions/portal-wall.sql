-- The second wall for partners. Bursar reads for a partner as the role bursar_portal, which sees the rows of the partners in the setting
-- bursar.partners and nothing else, whatever a query forgets. Each migration builds the wall anew, so a new table with a partner is behind
-- it at once, and any other new table cannot be read until it stands below.

do $$ begin
  create role bursar_portal nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant bursar_portal to bursar_app;
grant usage on schema public to bursar_portal;
-- The app itself reads and copies rows of all partners.
alter role bursar_app bypassrls;

do $$
declare
  own constant text := 'any((select own_partners())::bigint[])';
  -- The rows that belong to a partner by another row, which is behind the wall itself.
  by_row constant jsonb := jsonb_build_object(
    'partner', 'id = ' || own,
    'event', 'partner_id = ' || own || ' or exists (select from earning where earning.event_id = event.id)'
      || ' or exists (select from event_share share where share.event_id = event.id)',
    'event_partner', 'exists (select from event where event.id = event_id)',
    'event_ancestor', 'exists (select from event where event.id = event_id)',
    'pool_part', 'exists (select from event where event.id = event_id)',
    'pool_division', 'exists (select from pool_part part where part.pool_id = pool_division.pool_id)',
    'pool', 'exists (select from pool_part part where part.pool_id = pool.id)',
    -- Without a partner it is about all of them.
    'recovery_cap', 'partner_id is null or partner_id = ' || own,
    're_rating', 'partner_id is null or partner_id = ' || own,
    'payout_attempt', 'exists (select from payout where payout.id = payout_id)',
    'payout_history', 'exists (select from payout where payout.id = payout_id)',
    'attempt_history', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'payout_run', 'exists (select from payout where payout.run_id = payout_run.id)'
      || ' or exists (select from run_outcome outcome where outcome.run_id = payout_run.id)',
    'resolution', 'exists (select from payout where payout.id = payout_id)',
    'provider_batch', 'exists (select from payout_attempt attempt where attempt.batch_id = provider_batch.id)',
    'check_register', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'instrument_failure', 'exists (select from instrument_version version where version.id = instrument_id)',
    'instrument_place', 'exists (select from instrument_version version where version.id = instrument_id)',
    'instrument_withdrawal', 'exists (select from instrument_version version where version.id = instrument_id)',
    'details_call', 'exists (select from instrument_version version where version.id = instrument_id)',
    'scope_total', 'exists (select from earning_scope scope where scope.id = scope_id)',
    'scope_member', 'exists (select from earning_scope scope where scope.id = scope_id)',
    'ledger_entry', 'exists (select from ledger_account account where account.id = account_id)',
    'ledger_journal', 'exists (select from ledger_entry entry where entry.journal_id = ledger_journal.id)',
    'correction', 'merged_id = ' || own || ' or into_id = ' || own
      || ' or exists (select from correction_item item where item.correction_id = correction.id)',
    'points_lot_entry', 'exists (select from points_movement movement where movement.id = movement_id)',
    'deal_customer', 'exists (select from deal where deal.id = deal_id)',
    'deal_extension', 'exists (select from deal where deal.id = deal_id)',
    'deal_sale', 'exists (select from deal where deal.id = deal_id)',
    'notice_copy', 'exists (select from notification notice where notice.id = notification_id)',
    'notice_read', 'exists (select from notification notice where notice.id = notification_id)',
    'question_message', 'exists (select from question where question.id = question_id)');
  -- Rows that are about no partner: the terms and calendars by which all are paid.
  shared constant text[] := '{program, plan, plan_version, plan_version_withdrawal, pay_schedule, pay_schedule_minimum, payer,
    payer_gateway, gateway_pause, currency, rail_unit, unit, unit_rate, fact_key, ladder, ladder_version, policy_version,
    policy_confirmation, payout_edge, attempt_edge, run_edge, accrual_batch, exchange_rate, rate_source}';
  -- Rows with a partner that are the work of staff.
  staff constant text[] := '{partner_note, incident, audit_sum, back_test_budget, back_test_partner, back_test_event, re_rating_item}';
  name text;
  condition text;
begin
  select string_agg(named, ', ') into name from (select jsonb_object_keys(by_row) union all select unnest(shared || staff)) listed(named) where to_regclass(quote_ident(named)) is null;
  if name is not null then raise exception 'The wall names tables that do not exist: %', name; end if;
  execute 'revoke all on all tables in schema public from bursar_portal';
  for name, condition in
    select table_name, coalesce(by_row ->> table_name, 'partner_id = ' || own)
    from information_schema.tables owned
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all(staff)
      and (by_row ? table_name or exists (
        select from information_schema.columns known
        where known.table_schema = 'public' and known.table_name = owned.table_name and known.column_name = 'partner_id'))
  loop
    execute format('grant select on %I to bursar_portal', name);
    -- A policy that is there already is left alone, because a change of it locks the table.
    continue when exists (
      select from pg_policy where polrelid = quote_ident(name)::regclass and polname = 'own_rows'
        and obj_description(oid, 'pg_policy') = condition);
    execute format('alter table %I enable row level security', name);
    execute format('drop policy if exists own_rows on %I', name);
    execute format('create policy own_rows on %I for select to bursar_portal using (%s)', name, condition);
    execute format('comment on policy own_rows on %I is %L', name, condition);
  end loop;
  foreach name in array shared loop
    execute format('grant select on %I to bursar_portal', name);
  end loop;
  -- The words of a call are the work of staff, too.
  revoke select on details_call from bursar_portal;
  grant select (instrument_id, is_confirmed) on details_call to bursar_portal;
  grant select (id, code) on actor to bursar_portal;
  grant select (id, starts_on, ends_on) on budget to bursar_portal;
end $$;
