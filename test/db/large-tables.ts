import { sql } from 'slonik';
import { z } from 'zod';

import { addCompany, addRun } from '../fixtures/rows.ts';
import { tamper } from '../fixtures/database.ts';
import type { Fixture } from './fixture.ts';

/** The tables that grow with every event and payout. A query of a request, sweep or run may read few rows of them. */
export const LARGE = [
  'partner',
  'agreement',
  'instrument_version',
  'earning_line',
  'payout',
  'payout_line',
  'payout_attempt',
  'attempt_history',
  'run_outcome',
  'ledger_journal',
  'ledger_entry',
  'recon_line',
  'webhook_inbox',
  'notification',
  'task',
  'audit_log',
] as const;

const PayoutRow = z.strictObject({ payoutId: z.string(), partnerId: z.bigint() });
const ROWS = 2_000;
const TIMES = 500;

/** One payer with 2,000 partners, all of whom were paid in one of 20 runs. A hundredth of the payouts is still under way. */
export async function fillLargeTables({ app, owner }: Fixture) {
  const company = await addCompany(app);
  const runId = await addRun(app, company);
  const each = sql.fragment`generate_series(1, ${ROWS}) n`;
  await tamper(
    owner,
    sql.unsafe`
      insert into payout_run(id, schedule_id, kind, period_start, period_end, cutoff_at, pay_on, status)
      select uuidv7(), ${company.scheduleId}, 'on_demand', '2026-01-01', '2026-02-01', '2026-02-01', '2026-02-02', 'disbursed'
      from generate_series(1, 19)`,
    sql.unsafe`insert into partner(code, name, kind, country) select 'large-' || n, 'Partner', 'reseller', 'US' from ${each}`,
    sql.unsafe`
      insert into agreement(partner_id, program_id, plan_id, starts_on)
      select id, ${company.programId}, ${company.planId}, '2020-01-01' from partner`,
    sql.unsafe`
      insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, usable_from)
      select id, 'paypal', 'US', '', 'test', sha256(code::bytea), '6789', '2020-01-01' from partner`,
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
      join (select id, row_number() over (order by id) - 1 as place from payout_run) run on run.place = partner.id % 20`,
    sql.unsafe`
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select payout.id, line.id, line.partner_id, 'USD', 1000 from payout join earning_line line using (partner_id)`,
    sql.unsafe`
      insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, provider_ref, currency, amount_minor, request_sealed,
        request_hash, state, submitted_at, owed_minor, batch_id)
      select id, 1, 'paypal', 'key-' || id, 'ref-' || id, 'USD', 1000, '', '',
        case when status = 'executing' then 'submitted' else 'settled' end, '2026-01-01'::timestamptz + partner_id * interval '1 hour', 1000,
        case when partner_id % 2 = 0 then run_id end
      from payout where status <> 'approved'`,
    sql.unsafe`
      insert into attempt_history(attempt_id, from_state, to_state, evidence) select id, 'submitted', state, '{}' from payout_attempt`,
    sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, payout_id)
      select run_id, partner_id, currency, 'paid', 1000, id from payout`,
    sql.unsafe`
      insert into ledger_account(code, currency) select 'account:' || n, 'USD' from generate_series(1, 20) n`,
    sql.unsafe`
      insert into ledger_journal(kind, idempotency_key, currency, effective_at)
      select kind, id, 'USD', now() from payout_attempt, (values ('send'), ('debit')) kinds(kind)`,
    sql.unsafe`
      insert into ledger_entry(journal_id, line_no, account_id, currency, amount_minor)
      select id, line_no, (select min(id) from ledger_account), 'USD', 1000 from ledger_journal, generate_series(1, 2) line_no`,
    sql.unsafe`
      insert into recon_report(gateway, payer_id, currency, day)
      select 'paypal', ${company.payerId}, 'USD', '2026-01-01'::date + n from generate_series(0, 99) n`,
    sql.unsafe`
      insert into recon_line(report_id, line_id, gateway, kind, currency, amount_minor, occurred_at, matched_attempt_id)
      select report.id, 'line-' || attempt.id, 'paypal', 'payout', 'USD', -1000, attempt.submitted_at, attempt.id
      from payout_attempt attempt join recon_report report on report.day = attempt.submitted_at::date`,
    sql.unsafe`
      insert into webhook_inbox(gateway, event_id, provider_ref, word, processed_at)
      select 'paypal', id, provider_ref, 'SUCCESS', now() from payout_attempt`,
    sql.unsafe`
      insert into notification(dedupe_key, kind, audience, body, sent_at) select 'large-' || n, 'run_decided', 'finance', '{}', now() from ${each}`,
    sql.unsafe`
      insert into task(kind, subject, payout_id, detail, closed_at, resolution)
      select 'outcome_unknown', 'payout/' || id, id, 'asked', now(), 'done' from payout`,
    sql.unsafe`
      insert into audit_log(action, subject, chain_seq, hash) select 'test.large', 'payout/' || n, n, sha256(n::text::bytea) from ${each}`,
  );
  const middle = await app.one(sql.type(PayoutRow)`
    select id as "payoutId", partner_id as "partnerId" from payout where status = 'settled' order by id limit 1 offset 900`);
  return { company, runId, ...middle };
}

/** Has PostgreSQL plan for a thousand times as many rows as there are: for a million payouts. */
export async function pretendLarge({ owner }: Fixture): Promise<void> {
  await owner.query(sql.unsafe`analyze`);
  await owner.query(sql.unsafe`
    select pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text, 'relpages', relpages,
      'reltuples', reltuples * ${TIMES}::real)
    from pg_class where oid in (
      select unnest(array[indexrelid, indrelid]) from pg_index
      where indrelid::regclass::text = any(${sql.array([...LARGE], 'text')}))`);
}
