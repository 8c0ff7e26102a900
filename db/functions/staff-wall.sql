-- The wall for people whose roles have limits. Bursar reads for them as the role bursar_limited, which sees the rows of the programs and
-- payers in the settings bursar.programs and bursar.payers, whatever a query forgets. Each migration builds the wall anew, so a new table with
-- a program or a payer is behind it at once, and any other new table cannot be read until it stands below.

do $$ begin
  create role bursar_limited nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant bursar_limited to bursar_app;
grant usage on schema public to bursar_limited;

do $$
declare
  programs constant text := 'any((select own_programs())::int[])';
  payers constant text := 'any((select own_payers())::int[])';
  -- The rows that belong to a program or a payer by another row, which is behind the wall itself. A query for a program names its schedule
  -- and its payer, so a role that is limited to the program reads these two.
  by_row constant jsonb := jsonb_object(array[
    'program', 'id = ' || programs,
    'pay_schedule', 'payer_id = ' || payers || ' or id in (select schedule_id from program)',
    'payer', 'id = ' || payers || ' or id in (select payer_id from pay_schedule)',
    'pay_schedule_minimum', 'schedule_id in (select id from pay_schedule)',
    'recovery_cap', 'schedule_id in (select id from pay_schedule where payer_id = ' || payers || ')',
    'unit', 'program_id is null or program_id = ' || programs,
    'unit_rate', 'unit in (select code from unit)',
    'plan_version', 'plan_id in (select id from plan)',
    'plan_version_withdrawal', 'plan_version_id in (select id from plan_version)',
    'budget_change', 'budget_id in (select id from budget)',
    'ladder_version', 'fact_key in (select fact_key from ladder)',
    'ladder_place', 'fact_key in (select fact_key from ladder)',
    'policy_confirmation', 'policy_version_id in (select id from policy_version)',
    'policy_answer', 'exists (select from policy_review review where review.id = review_id)',
    'event_share', 'exists (select from event where event.id = event_id)',
    'event_ancestor', 'exists (select from event where event.id = event_id)',
    'event_partner', 'exists (select from event where event.id = event_id)',
    'event_admission', 'exists (select from event where event.id = event_id)',
    'event_quarantine', 'reaches_now(''quarantined-event/'' || id)',
    'event_quarantine_decision', 'exists (select from event_quarantine kept where kept.id = quarantine_id)',
    'scope_total', 'exists (select from earning_scope scope where scope.id = scope_id)',
    'scope_member', 'exists (select from earning_scope scope where scope.id = scope_id)',
    'scope_customer', 'exists (select from earning_scope scope where scope.id = scope_id)',
    'pool_division', 'exists (select from pool where pool.id = pool_id)',
    'pool_part', 'exists (select from pool where pool.id = pool_id)',
    'back_test_partner', 'exists (select from back_test test where test.id = back_test_id)',
    'back_test_group', 'exists (select from back_test test where test.id = back_test_id)',
    'back_test_budget', 'exists (select from back_test test where test.id = back_test_id)',
    'back_test_event', 'exists (select from back_test test where test.id = back_test_id)',
    'audit_sum', 'exists (select from audit where audit.id = audit_id)',
    'audit_source', 'exists (select from audit where audit.id = audit_id)',
    'correction', 'exists (select from correction_item item where item.correction_id = correction.id)',
    're_rating_item', 'exists (select from re_rating where re_rating.id = re_rating_id)',
    'deal_extension', 'exists (select from deal where deal.id = deal_id)',
    'deal_sale', 'exists (select from deal where deal.id = deal_id)',
    -- The ledger shows the points of partners alone.
    'ledger_account', 'partner_id is not null and currency in (select code from unit where program_id is not null)',
    'points_lot', 'unit in (select code from unit)',
    'points_movement', 'unit in (select code from unit)',
    'points_lot_entry', 'exists (select from points_movement movement where movement.id = movement_id)',
    'redemption', 'unit in (select code from unit)',
    'conversion', 'unit in (select code from unit)',
    'question', 'num_nonnulls(source, payout_id) > 0 and reaches_now(''question/'' || id)',
    'question_message', 'exists (select from question where question.id = question_id)',
    'payout_run', 'schedule_id in (select id from pay_schedule where payer_id = ' || payers || ')',
    'run_outcome', 'run_id in (select id from payout_run)',
    'run_change', 'run_id in (select id from payout_run)',
    'run_edit', 'run_id in (select id from payout_run)',
    'approval', 'run_id in (select id from payout_run)',
    'decision_note', 'exists (select from approval where approval.note_id = decision_note.id)',
    -- A line of a program says whether it was paid. The rest about the payout is for those who reach its payer.
    'payout_line', 'exists (select from earning_line line where line.id = earning_line_id)',
    'payout', 'run_id in (select id from payout_run) or exists (select from payout_line taken where taken.payout_id = payout.id)',
    'payout_history', 'exists (select from payout where payout.id = payout_id)',
    'payout_attempt', 'exists (select from payout where payout.id = payout_id and payout.run_id in (select id from payout_run))',
    'attempt_history', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'provider_batch', 'run_id in (select id from payout_run)',
    'resolution', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'check_register', 'check_account_id in (select id from check_account)',
    'check_exception', 'check_account_id in (select id from check_account)',
    'check_mailing', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'check_stop', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'recon_line', 'report_id in (select id from recon_report)',
    'recon_break', 'exists (select from payout_attempt attempt where attempt.id = attempt_id)',
    'task', 'reaches_now(subject)',
    'alarm', 'reaches_now(subject)',
    'alarm_fact', 'exists (select from alarm where alarm.id = alarm_id)',
    'notification', 'partner_id is null and notice_subject(body) is not null and reaches_now(notice_subject(body))',
    'notice_read', 'exists (select from notification notice where notice.id = notification_id)',
    'notice_copy', 'exists (select from notification notice where notice.id = notification_id)',
    'audit_log', 'reaches_now(subject)']);
  -- Rows about no program and no payer: partners and what is known about them, and the words and rates of everybody.
  shared constant text[] := '{partner, partner_note, partner_minimum, partner_parent, partner_fact, fact_key, onboarding_record,
    instrument_version, instrument_place, instrument_withdrawal, instrument_failure, details_call, contact_change, currency, rail_unit, exchange_rate,
    rate_source, gateway_pause, payout_edge, attempt_edge, batch_edge, resolution_edge, run_edge, notice_reader, notice_choice, role_grant, passkey, identity}';
  name text;
  condition text;
begin
  select string_agg(named, ', ') into name from (select jsonb_object_keys(by_row) union all select unnest(shared)) listed(named) where to_regclass(quote_ident(named)) is null;
  if name is not null then raise exception 'The wall names tables that do not exist: %', name; end if;
  execute 'revoke all on all tables in schema public from bursar_limited';
  for name, condition in
    select owned.table_name, coalesce(by_row ->> owned.table_name, known.column_name || ' = ' ||
      case known.column_name when 'program_id' then programs else payers end)
    from information_schema.tables owned
    left join information_schema.columns known
      on known.table_schema = 'public' and known.table_name = owned.table_name and known.column_name in ('program_id', 'payer_id')
    where owned.table_schema = 'public' and owned.table_type = 'BASE TABLE'
      and (by_row ? owned.table_name or known.column_name is not null)
  loop
    execute format('grant select on %I to bursar_limited', name);
    -- A policy that is there already is left alone, because a change of it locks the table.
    continue when exists (
      select from pg_policy where polrelid = quote_ident(name)::regclass and polname = 'rows_in_reach'
        and obj_description(oid, 'pg_policy') = condition);
    execute format('alter table %I enable row level security', name);
    execute format('drop policy if exists rows_in_reach on %I', name);
    execute format('create policy rows_in_reach on %I for select to bursar_limited using (%s)', name, condition);
    execute format('comment on policy rows_in_reach on %I is %L', name, condition);
  end loop;
  foreach name in array shared loop
    execute format('grant select on %I to bursar_limited', name);
  end loop;
  grant select (id, code, name, kind, mailbox) on actor to bursar_limited;
  grant select (grant_id, revoked_at) on api_key to bursar_limited;
  -- A table that is now behind a wall of its own stays open to a partner where the portal reads all of it, and to nobody else.
  for name in
    select class.relname from pg_class class
    where class.relnamespace = 'public'::regnamespace and class.relkind = 'r' and class.relrowsecurity
      and not exists (select from pg_policy where polrelid = class.oid and polname in ('own_rows', 'all_rows'))
  loop
    execute format('create policy all_rows on %I for select to bursar_portal using (true)', name);
  end loop;
  -- The other way round: what only the wall of partners guards is open to staff.
  for name in
    select class.relname from pg_class class
    where class.relnamespace = 'public'::regnamespace and class.relkind = 'r' and class.relrowsecurity
      and not exists (select from pg_policy where polrelid = class.oid and polname in ('rows_in_reach', 'shared_rows'))
  loop
    execute format('create policy shared_rows on %I for select to bursar_limited using (true)', name);
  end loop;
end $$;
