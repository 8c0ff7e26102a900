import { sql } from 'slonik';
import { z } from 'zod';

import { addPoints } from '../fixtures/points.ts';
import { addCompany, addRun } from '../fixtures/rows.ts';
import { tamper } from '../fixtures/database.ts';
import type { Fixture } from './fixture.ts';

/** The tables that grow with every event and payout. A query of a request, sweep or run may read few rows of them. */
export const LARGE = [
  'partner',
  'agreement_term',
  'ladder_place',
  'partner_fact',
  'partner_parent',
  'onboarding_record',
  'instrument_version',
  'event',
  'event_share',
  'event_ancestor',
  'event_due',
  'event_partner',
  'event_quarantine',
  'quota',
  'pool_part',
  'import_rejection',
  'accrual_batch',
  'earning',
  'earning_line',
  'points_lot',
  'points_movement',
  'points_lot_entry',
  'payout',
  'payout_line',
  'payout_attempt',
  'attempt_history',
  'payout_history',
  'instrument_failure',
  'provider_batch',
  'run_outcome',
  'run_change',
  'ledger_account',
  'ledger_journal',
  'ledger_entry',
  'recon_line',
  'recon_break',
  'incident',
  'webhook_inbox',
  'notification',
  'task',
  'alarm',
  'alarm_fact',
  'audit_log',
  'idempotency_key',
] as const;

const PayoutRow = z.strictObject({ payoutId: z.string(), partnerId: z.bigint() });
const ROWS = 2_000;
const RUNS = 1_000;
const TIMES = 500;

/** One payer with 2,000 partners, all of whom were paid in one of 1,000 runs. A hundredth of the payouts is still under way. */
export async function fillLargeTables({ app, owner }: Fixture) {
  const company = await addCompany(app);
  const runId = await addRun(app, company);
  const unit = await addPoints(app, company);
  const each = sql.fragment`generate_series(1, ${ROWS}) n`;
  await tamper(
    owner,
    sql.unsafe`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, status)
      select uuidv7(), ${company.scheduleId}, 'on_demand', '2026-01-01', '2026-02-01', '2026-02-01', '2026-02-02', 'disbursed'
      from generate_series(1, ${RUNS - 1})`,
    sql.unsafe`insert into partner(code, name, kind, country) select 'large-' || n, 'Partner', 'reseller', 'US' from ${each}`,
    sql.unsafe`
      insert into agreement_term(partner_id, program_id, plan_id, starts_on)
      select id, ${company.programId}, ${company.planId}, '2020-01-01' from partner`,
    sql.unsafe`insert into ladder(fact_key, program_id) values ('tier', ${company.programId})`,
    sql.unsafe`
      insert into ladder_version(fact_key, version, starts_on, reason, created_by) values ('tier', 1, '2020-01-01', 'Guide', ${company.approver})`,
    sql.unsafe`
      insert into ladder_place(partner_id, fact_key, starts_on, ends_on, window_start, ladder_version_id, volume, value)
      select partner.id, 'tier', '2020-04-01', '2020-07-01', '2020-01-01', version.id, 0, 'bronze' from partner, ladder_version version`,
    sql.unsafe`
      insert into partner_fact(partner_id, key, slot, value, starts_on, source)
      select id, 'territory', 'T' || id, 'T' || id, '2020-01-01', 'ladder' from partner`,
    sql.unsafe`
      insert into partner_parent(partner_id, parent_id, starts_on, reason)
      select id, id - 1, '2020-01-01', 'Contract' from partner where code like 'large-%' and id % 50 <> 0`,
    sql.unsafe`insert into onboarding_record(partner_id, stage, reached_on) select id, 'trained', '2020-01-01' from partner`,
    sql.unsafe`
      insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, usable_from)
      select id, 'paypal', 'US', '', 'test', sha256(code::bytea), '6789', '2020-01-01' from partner`,
    sql.unsafe`
      insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, occurred_at, payload_hash)
      select 'large', code, id, ${company.programId}, 'sale', 'USD', 10000, '2026-01-15', '' from partner`,
    sql.unsafe`
      insert into event_due(event_id, partner_id, program_id, shard, source, waits_on, waits_for, waits_since)
      select id, partner_id, program_id, partner_id % 4, source,
        case when partner_id % 200 = 0 then 'rate' when partner_id % 100 = 0 then 'sale' end, case when partner_id % 100 = 0 then source_id end,
        case when partner_id % 100 = 0 then occurred_at end
      from event`,
    sql.unsafe`
      insert into event_share(event_id, no, partner_id, weight) select id, 1, partner_id, 1000000 from event`,
    sql.unsafe`
      insert into event_ancestor(event_id, child_id, partner_id, level, plan_version_id) select id, partner_id, partner_id - 1, 1, ${company.planVersionId} from event`,
    sql.unsafe`
      insert into quota(event_id, partner_id, program_id, name, time_window, window_start, currency, value, recorded_by)
      select id, partner_id, program_id, 'standard', 'quarter', '2026-01-01', 'USD', 100, ${company.approver} from event`,
    sql.unsafe`
      insert into event_partner(event_id, partner_id, day, kind, facts) select id, partner_id, '2026-01-15', 'agent', '{}' from event`,
    sql.unsafe`
      insert into event_quarantine(source, source_id, payload, payload_hash) select source, source_id, '{}', '' from event`,
    sql.unsafe`
      insert into import_rejection(import_id, line, column_name, reason)
      select uuidv7(), n, '(row)', 'wrong' from ${each}`,
    sql.unsafe`insert into accrual_batch(program_id, event_count) select ${company.programId}, 1 from ${each}`,
    sql.unsafe`
      insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
        earned_minor)
      select id, ${company.programId}, 'commission', 'USD', 'month', '2026-01-01', 'amount', '', 1000 from partner`,
    sql.unsafe`
      insert into earning_scope(partner_id, program_id, incentive_id, currency, time_window, window_start, measure, group_value,
        earned_minor, closes_on, is_undivided, closing_id)
      select id, ${company.programId}, 'pool-' || id % 100, 'USD', 'quarter', '2026-01-01', 'amount at close of a pool', '', 0,
        '2026-04-01', id % 200 = 0, id from partner`,
    sql.unsafe`
      insert into pool(program_id, incentive_id, currency, time_window, window_start, measure, plan_version_id)
      select distinct program_id, incentive_id, currency, time_window, window_start, measure, ${company.planVersionId}::int
      from earning_scope where is_undivided is not null`,
    sql.unsafe`insert into pool_division(pool_id, revision, total, pool_minor, made_by) select id, 1, 1, 1, '{}' from pool`,
    sql.unsafe`
      insert into pool_part(event_id, pool_id, revision, scope_id, volume, amount_minor)
      select scope.closing_id, pool.id, 1, scope.id, 1, 1 from earning_scope scope join pool using (program_id, incentive_id)`,
    sql.unsafe`
      insert into scope_total(scope_id, terms_since, plan_version_id, volume, of_amount, base)
      select id, '2020-01-01', ${company.planVersionId}, 10000, 0, 0 from earning_scope`,
    sql.unsafe`
      insert into earning(event_id, n, partner_id, program_id, origin_id, incentive_id, scope_id, plan_version_id, terms_since, batch_id,
        earning_line_id, currency, amount_minor, volume, of_amount, available_on)
      select event.id, 1, event.partner_id, event.program_id, event.id, 'commission', scope.id, ${company.planVersionId}, '2020-01-01',
        event.partner_id, event.partner_id, 'USD', 1000, 10000, 0, '2026-01-15'
      from event join earning_scope scope on scope.partner_id = event.partner_id and scope.is_undivided is null`,
    sql.unsafe`
      insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
      select id, ${company.programId}, 'earned', id, 'USD', 1000, 1, '2026-01-15' from partner`,
    sql.unsafe`
      insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, status,
        due_at)
      select md5(partner.code)::uuid, run.id, partner.id, 'USD', 'paypal', 'paypal', 1000, 1000, instrument.id,
        case when partner.id % 100 = 0 then 'executing' when partner.id % 100 = 1 then 'approved' else 'settled' end,
        now() + interval '1 hour'
      from partner join instrument_version instrument on instrument.partner_id = partner.id
      join (select id, row_number() over (order by id) - 1 as place from payout_run) run on run.place = partner.id % ${RUNS}`,
    sql.unsafe`
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select payout.id, line.id, line.partner_id, 'USD', 1000 from payout join earning_line line using (partner_id)`,
    sql.unsafe`
      insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, provider_ref, currency, amount_minor, request_sealed,
        request_hash, state, submitted_at, owed_minor, batch_id)
      select id, 1, 'paypal', 'key-' || id, 'ref-' || id, 'USD', 1000, '', '',
        case when status = 'executing' then 'submitted' else 'settled' end, '2026-01-01'::timestamptz + partner_id * interval '1 hour', 1000,
        case when partner_id % 2 = 0 then md5('batch-' || partner_id / 4)::uuid end
      from payout where status <> 'approved'`,
    sql.unsafe`
      insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, request_sealed,
        request_hash, state, submitted_at)
      select batch_id, (array_agg(payout.run_id))[1], 'paypal', 'USD', 1 + row_number() over (), 2, 2000, batch_id, '', '', 'done', now()
      from payout_attempt join payout on payout.id = payout_id where batch_id is not null group by batch_id`,
    sql.unsafe`
      insert into instrument_failure(payout_id, instrument_id, reason, advice)
      select id, instrument_version_id, 'RECEIVER_UNCONFIRMED', 'Confirm the account.' from payout`,
    sql.unsafe`
      insert into attempt_history(attempt_id, from_state, to_state, evidence) select id, 'submitted', state, '{}' from payout_attempt`,
    sql.unsafe`insert into payout_history(payout_id, status) select id, status from payout`,
    sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, payout_id)
      select run_id, partner_id, currency, 'paid', 1000, id from payout`,
    sql.unsafe`
      insert into run_change(run_id, partner_id, currency, before_minor, after_outcome, after_minor, seen_hash)
      select run_id, partner_id, currency, 0, 'paid', 1000, sha256(run_id::text::bytea) from payout`,
    sql.unsafe`
      insert into ledger_account(code, currency, partner_id) select 'partner:payable:' || id || ':USD', 'USD', id from partner`,
    sql.unsafe`
      insert into ledger_journal(kind, idempotency_key, currency, effective_at)
      select kind, id, 'USD', now() from payout_attempt, (values ('send'), ('debit')) kinds(kind)`,
    sql.unsafe`
      insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
      select journal.id, line_no, account.id, 'USD', 1000
      from ledger_journal journal join payout_attempt attempt on attempt.id::text = journal.idempotency_key
      join payout on payout.id = attempt.payout_id join ledger_account account on account.partner_id = payout.partner_id,
        generate_series(1, 2) line_no`,
    sql.unsafe`
      insert into points_lot(partner_id, unit, earned_on, available_on, expires_on, left_minor)
      select partner.id, ${unit}, '2026-01-15'::date + n, '2026-01-15'::date + n, '2027-01-15'::date + n, n % 2
      from partner cross join generate_series(1, 4) n`,
    sql.unsafe`
      insert into points_movement(partner_id, unit, kind, amount_minor, moved_on)
      select partner_id, unit, 'expired', -id, '2027-01-15' from points_lot`,
    sql.unsafe`
      insert into points_lot_entry(movement_id, lot_id, amount_minor)
      select movement.id, lot.id, -1 from points_movement movement join points_lot lot on lot.id = -movement.amount_minor`,
    sql.unsafe`
      insert into recon_report(gateway, payer_id, currency, day)
      select 'paypal', ${company.payerId}, 'USD', '2026-01-01'::date + n from generate_series(0, 99) n`,
    sql.unsafe`
      insert into recon_line(report_id, line_id, gateway, kind, currency, amount_minor, occurred_at, matched_attempt_id)
      select report.id, 'line-' || attempt.id, 'paypal', 'payout', 'USD', -1000, attempt.submitted_at, attempt.id
      from payout_attempt attempt join recon_report report on report.day = attempt.submitted_at::date`,
    sql.unsafe`
      insert into recon_break(gateway, kind, subject, attempt_id, currency, resolved_at)
      select 'paypal', 'fee_differs', 'attempt/' || id, id, 'USD', now() from payout_attempt`,
    sql.unsafe`insert into incident(kind, break_id, digest) select 'break', id, 'digest-' || id from recon_break`,
    sql.unsafe`
      insert into webhook_inbox(gateway, event_id, provider_ref, word, processed_at)
      select 'paypal', id, provider_ref, 'SUCCESS', now() from payout_attempt`,
    sql.unsafe`
      insert into notification(dedupe_key, kind, audience, body, sent_at) select 'large-' || n, 'run_decided', 'finance', '{}', now() from ${each}`,
    sql.unsafe`
      insert into task(kind, subject, payout_id, detail, closed_at, resolution)
      select 'outcome_unknown', 'payout/' || id, id, 'asked', now(), 'done' from payout`,
    sql.unsafe`
      insert into alarm(kind, subject, detail, cleared_at) select 'provider_silent', 'gateway/' || n, 'silent', now() from ${each}`,
    sql.unsafe`insert into alarm_fact(alarm_id, fact_hash, detail) select id, '', detail from alarm`,
    sql.unsafe`
      insert into idempotency_key(actor_id, route, key, request_hash, state, expires_at)
      select ${company.preparer}, 'POST /v1/payers', 'key-' || n, '', 'running', now() + interval '1 day' from ${each}`,
    sql.unsafe`
      insert into audit_log(action, subject, chain_seq, hash) select 'test.large', 'payout/' || n, n, sha256(n::text::bytea) from ${each}`,
  );
  const middle = await app.one(sql.type(PayoutRow)`
    select id as "payoutId", partner_id as "partnerId" from payout where status = 'settled' order by id limit 1 offset 900`);
  return { company, runId, ...middle };
}

export type Scene = Awaited<ReturnType<typeof fillLargeTables>>;

/** Has PostgreSQL plan for a thousand times as many rows as there are: for a million payouts. */
export async function pretendLarge({ owner }: Fixture): Promise<void> {
  await owner.query(sql.unsafe`analyze`);
  await owner.query(sql.unsafe`
    select pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text, 'relpages', relpages,
      'reltuples', reltuples * ${TIMES}::real)
    from pg_class where oid in (
      select unnest(array[indexrelid, indrelid]) from pg_index
      where coalesce(pg_partition_root(indrelid), indrelid)::regclass::text = any(${sql.array([...LARGE], 'text')}))`);
}
