-- Refuses every change of a recorded fact.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % refused: its rows are facts, which are only ever added', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;

-- Rows of these tables are never changed or deleted.
do $$
declare facts text;
begin
  foreach facts in array array['partner_fact', 'partner_parent', 'recovery_cap', 'onboarding_record',
      'instrument_version', 'instrument_place', 'instrument_withdrawal', 'plan_version', 'plan_version_withdrawal', 'rate_source', 'exchange_rate', 'budget_change', 'agreement_term', 'ladder', 'ladder_version', 'ladder_place', 'event', 'event_admission', 'event_share', 'event_ancestor', 'event_quarantine', 'event_quarantine_decision', 'import_rejection', 'accrual_batch', 'policy_version', 'policy_confirmation', 'policy_answer', 'deal_extension', 'deal_sale',
      'pool', 'pool_division', 'pool_part', 'earning_line', 'earning', 'correction_item', 'unit_rate', 'points_movement', 'points_lot_entry', 'attempt_history', 'payout_history', 'payout_edge', 'attempt_edge', 'batch_edge', 'resolution_edge', 'run_edge',
      'run_edit', 'run_change', 'decision_note', 'approval', 'check_register', 'check_mailing', 'ledger_journal', 'ledger_entry'] loop
    execute format(
      'create or replace trigger facts_only before update or delete on %I for each row execute function refuse_change()', facts);
  end loop;
end $$;

-- Rows of these tables change within their own rules, and are never deleted.
do $$
declare kept text;
begin
  foreach kept in array array['contact_change', 'payout', 'payout_line', 'payout_attempt', 'instrument_failure', 'provider_batch', 'resolution', 'correction', 'unit', 'budget', 'points_lot', 'redemption', 'conversion', 'check_account', 'recon_line', 'earning_scope', 'scope_total', 'event_parked', 're_rating', 're_rating_item', 'source_secret', 'policy_review', 'deal', 'deal_customer', 'partner_request', 'fund', 'fund_claim'] loop
    execute format(
      'create or replace trigger no_delete before delete on %I for each row execute function refuse_change()', kept);
  end loop;
end $$;

-- Nobody ever empties these tables.
do $$
declare kept text;
begin
  foreach kept in array array['partner_fact', 'partner_parent', 'recovery_cap', 'onboarding_record',
      'audit_log', 'instrument_version', 'instrument_place', 'instrument_withdrawal', 'instrument_failure', 'contact_change', 'task', 'plan_version', 'plan_version_withdrawal', 'rate_source', 'exchange_rate', 'budget_change', 'agreement_term', 'ladder', 'ladder_version', 'ladder_place', 'event', 'event_admission', 'event_share', 'event_ancestor', 'event_quarantine', 'event_quarantine_decision', 'policy_version', 'policy_confirmation', 'policy_answer', 'deal_extension', 'deal_sale',
      'import_rejection', 'accrual_batch', 'pool', 'pool_division', 'pool_part', 'earning_line', 'earning', 'correction', 'correction_item', 'unit', 'budget', 'unit_rate', 'points_lot', 'points_movement', 'points_lot_entry', 'redemption', 'conversion', 'payout', 'payout_line', 'payout_attempt', 'attempt_history',
      'provider_batch', 'resolution', 'payout_edge', 'attempt_edge', 'batch_edge', 'resolution_edge', 'run_edge', 'run_edit', 'run_change',
      'decision_note', 'approval', 'check_account', 'check_register', 'check_mailing', 'check_stop', 'check_exception', 'ledger_journal',
      'ledger_entry', 'recon_line', 'earning_scope', 'scope_total', 'event_parked', 're_rating', 're_rating_item', 'source_secret', 'policy_review', 'deal', 'deal_customer', 'partner_request', 'fund', 'fund_claim'] loop
    execute format(
      'create or replace trigger no_truncate before truncate on %I for each statement execute function refuse_change()', kept);
  end loop;
end $$;

create or replace trigger kind_of_actor_is_a_fact before update of kind on actor for each statement execute function refuse_change();

create or replace trigger batch_of_attempt_is_a_fact before update on payout_attempt
  for each row when (new.batch_id is distinct from old.batch_id) execute function refuse_change();

-- The provider wrote the lines of a statement. We may learn later which attempt of ours a line is about.
create or replace trigger word_of_provider
  before update of report_id, line_id, version, gateway, kind, currency, amount_minor, occurred_at, reference
  on recon_line for each row execute function refuse_change();

-- The line of a payout is a fact. It can only be released.
create or replace trigger line_of_payout_is_a_fact
  before update of payout_id, earning_line_id, partner_id, currency, amount_minor, taken_at
  on payout_line for each statement execute function refuse_change();
