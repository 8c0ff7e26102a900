import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { METHODS } from '../../domain/rails.ts';
import { OUTCOMES } from '../../domain/payouts/outcome.ts';
import { RUN_STATUSES, type RunStatus } from '../../domain/runs/run.ts';
import type { PayoutContent } from '../../domain/runs/content.ts';
import { changesRow, type Database } from '../database.ts';
import { Count, Currency, Hex, Instant, LocalDate } from '../column-types.ts';

const RunRow = z.strictObject({
  id: z.string(),
  scheduleId: z.number(),
  /** The schedule's code. */
  schedule: z.string(),
  zone: z.string(),
  approvalsRequired: z.number(),
  kind: z.enum(['scheduled', 'on_demand']),
  periodStart: LocalDate,
  periodEnd: LocalDate,
  redo: z.number(),
  cutoffAt: Instant,
  payOn: LocalDate,
  status: z.enum(RUN_STATUSES),
  statusReason: z.string().nullable(),
  preparerId: z.string().nullable(),
  /** The code of the person who asked for it; null of a scheduled run. */
  preparer: z.string().nullable(),
  /** The payout that it replaces: it pays that partner in that currency alone. */
  replacesId: z.string().nullable(),
  /** Why a replacement was asked for. */
  askReason: z.string().nullable(),
  /** Hex. */
  contentHash: Hex.nullable(),
  reviewSince: Instant.nullable(),
  createdAt: Instant,
});
export type Run = z.infer<typeof RunRow>;

const selectRun = sql.fragment`
  select run.id, run.schedule_id as "scheduleId", schedule.code as schedule, schedule.zone,
    schedule.approvals_required as "approvalsRequired", run.kind, run.period_start as "periodStart",
    run.period_end as "periodEnd", run.redo, run.cutoff_at as "cutoffAt", run.pay_on as "payOn", run.status,
    run.status_reason as "statusReason", run.preparer_id as "preparerId", preparer.code as preparer,
    run.replaces_id as "replacesId", run.ask_reason as "askReason", run.content_hash as "contentHash",
    run.review_since as "reviewSince", run.created_at as "createdAt"
  from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id left join actor preparer on preparer.id = run.preparer_id`;

export type NewRun = {
  id: string;
  scheduleId: number;
  kind: 'scheduled' | 'on_demand';
  periodStart: string;
  periodEnd: string;
  redo: number;
  cutoffAtMs: number;
  payOn: string;
  preparerId: string | null;
  /** Of a replacement: the payout, and why. */
  replaces?: { payoutId: string; reason: string };
};

const IN_REVIEW =
  'Another run of this schedule is still in review; no run was opened. Decide or cancel that one first.';
const REPLACED_ALREADY =
  'Another replacement of this payout is under way; no run was opened. Decide or cancel that one first.';

/**
 * Opens a run; false where the same run is there already. Throws Failure `run_already_exists` where another run of the schedule
 * is still being prepared or reviewed: it holds the lines. A replacement waits for no other run but one of the same payout.
 */
export async function insertRun(db: Database, run: NewRun): Promise<boolean> {
  const opened = await changesRow(
    db,
    sql.unsafe`
    insert into payout_run(id, schedule_id, kind, period_start, period_end, redo, cutoff_at, pay_on, preparer_id, replaces_id,
      ask_reason)
    values (${run.id}, ${run.scheduleId}, ${run.kind}, ${run.periodStart}, ${run.periodEnd}, ${run.redo},
      to_timestamp(${run.cutoffAtMs / 1000}), ${run.payOn}, ${run.preparerId}, ${run.replaces?.payoutId ?? null},
      ${run.replaces?.reason ?? null})
    on conflict do nothing`,
  );
  if (opened || (await db.exists(sql.unsafe`select 1 from payout_run where id = ${run.id}`))) return opened;
  throw new Failure('run_already_exists', run.replaces ? REPLACED_ALREADY : IN_REVIEW);
}

export async function getRun(db: Database, id: string): Promise<Run> {
  const run = await db.maybeOne(sql.type(RunRow)`${selectRun} where run.id = ${id}`);
  if (!run) throw new Failure('not_found', `There is no run ${id}.`);
  return run;
}

/** Reads a run and keeps it for this transaction. */
export async function lockRun(db: Database, id: string): Promise<Run> {
  await db.query(sql.unsafe`select from payout_run where id = ${id} for update`);
  return getRun(db, id);
}

/** Keeps a run as it is until this transaction ends: nobody pauses it meanwhile. */
export const keepRun = (db: Database, id: string) =>
  db.query(sql.unsafe`select from payout_run where id = ${id} for share`);

/** Runs, newest first, after a cursor. */
export const listRuns = (
  db: Database,
  filter: { schedule?: string | undefined; status?: RunStatus | undefined },
  before: { createdAt: Date; id: string } | null,
  limit: number,
): Promise<readonly Run[]> =>
  db.any(sql.type(RunRow)`
    ${selectRun}
    where (${filter.schedule ?? null}::text is null or schedule.code = ${filter.schedule ?? null})
      and (${filter.status ?? null}::text is null or run.status = ${filter.status ?? null})
      and (${before?.id ?? null}::uuid is null
        or (run.created_at, run.id) < (${before ? before.createdAt.toISOString() : null}::timestamptz, ${before?.id ?? null}::uuid))
    order by run.created_at desc, run.id desc limit ${limit}`);

export type RunChange = { status?: RunStatus; reason?: string | null; contentHash?: Buffer; reviewStarts?: boolean };

/** Moves a run; the database refuses a step that its table of edges forbids. */
export const updateRun = (db: Database, id: string, change: RunChange) =>
  db.query(sql.unsafe`
    update payout_run set
      status = coalesce(${change.status ?? null}, status),
      status_reason = case when ${change.status !== undefined} then ${change.reason ?? null} else status_reason end,
      content_hash = coalesce(${change.contentHash ? sql.binary(change.contentHash) : null}, content_hash),
      review_since = case when ${change.reviewStarts ?? false} then now() else review_since end
    where id = ${id}`);

/** Says when somebody should look at a run next, whatever happens to its workflow. */
export const setRunDue = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`update payout_run set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`);

export type DraftPayout = {
  id: string;
  partnerId: bigint;
  currency: string;
  method: string;
  gateway: string;
  grossMinor: bigint;
  instrumentVersionId: string;
};

/** Writes a run's draft payouts with every line that is free before the cut-off. */
export async function insertDraftPayouts(db: Database, run: Run, drafts: readonly DraftPayout[]): Promise<void> {
  if (drafts.length === 0) return;
  await db.query(sql.unsafe`
    insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, net_minor, instrument_version_id, replaces_id)
    select id, ${run.id}, partner_id, currency, method, gateway, gross_minor, gross_minor, instrument_version_id, ${run.replacesId}::uuid
    from ${sql.unnest(
      drafts.map((draft) => [
        draft.id,
        String(draft.partnerId),
        draft.currency,
        draft.method,
        draft.gateway,
        String(draft.grossMinor),
        draft.instrumentVersionId,
      ]),
      ['uuid', 'int8', 'text', 'text', 'text', 'int8', 'uuid'],
    )} as draft(id, partner_id, currency, method, gateway, gross_minor, instrument_version_id)`);
  await db.query(sql.unsafe`
    insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
    select payout.id, line.id, line.partner_id, line.currency, line.amount_minor
    from payout
    join program on program.schedule_id = ${run.scheduleId}
    join earning_line line on line.program_id = program.id and line.partner_id = payout.partner_id and line.currency = payout.currency
    where payout.run_id = ${run.id} and line.available_on < ${run.periodEnd}::date
      and not exists (select from earning_line part where part.split_from = line.id)
      and not exists (select from payout_line paid where paid.earning_line_id = line.id and paid.released_at is null)`);
}

export type NewOutcome = {
  partnerId: bigint;
  currency: string;
  outcome: string;
  payableMinor: bigint;
  reasons: unknown;
  payoutId: string | null;
};

/** Writes what a run means for every partner. */
export const insertOutcomes = (db: Database, runId: string, outcomes: readonly NewOutcome[]) =>
  db.query(sql.unsafe`
    insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons, payout_id)
    select ${runId}, partner_id, currency, outcome, payable_minor, reasons::jsonb, payout_id
    from ${sql.unnest(
      outcomes.map((row) => [
        String(row.partnerId),
        row.currency,
        row.outcome,
        String(row.payableMinor),
        JSON.stringify(row.reasons),
        row.payoutId,
      ]),
      ['int8', 'text', 'text', 'int8', 'text', 'uuid'],
    )} as outcome(partner_id, currency, outcome, payable_minor, reasons, payout_id)`);

const OutcomeRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  currency: Currency,
  outcome: z.enum(OUTCOMES),
  payableMinor: z.bigint(),
  reasons: z.array(z.unknown()),
  payoutId: z.string().nullable(),
});
export type RunOutcome = z.infer<typeof OutcomeRow>;

/** What a run means for its partners, by partner and currency, after a cursor. */
export const listOutcomes = (
  db: Database,
  runId: string,
  after: { partnerId: bigint; currency: string },
  limit: number,
): Promise<readonly RunOutcome[]> =>
  db.any(sql.type(OutcomeRow)`
    select outcome.partner_id as "partnerId", partner.code as partner, outcome.currency, outcome.outcome,
      outcome.payable_minor as "payableMinor", outcome.reasons,
      outcome.payout_id as "payoutId"
    from run_outcome outcome join partner on partner.id = outcome.partner_id
    where outcome.run_id = ${runId} and (outcome.partner_id, outcome.currency) > (${String(after.partnerId)}::bigint, ${after.currency})
    order by outcome.partner_id, outcome.currency limit ${limit}`);

const ContentRow = z.strictObject({
  id: z.string(),
  partnerId: z.bigint(),
  instrumentVersionId: z.string(),
  method: z.enum(METHODS),
  currency: Currency,
  grossMinor: z.bigint(),
  withheldMinor: z.bigint(),
  feeMinor: z.bigint(),
  netMinor: z.bigint(),
  lineIds: z.array(z.bigint()),
});

/** What a run will pay, as its approvers approve it: every payout that was not excluded, with its lines. */
export const listRunContent = (db: Database, runId: string): Promise<readonly PayoutContent[]> =>
  db.any(sql.type(ContentRow)`
    select payout.id, payout.partner_id as "partnerId", payout.instrument_version_id as "instrumentVersionId", payout.method,
      payout.currency, payout.gross_minor as "grossMinor",
      payout.withheld_minor as "withheldMinor", payout.fee_minor as "feeMinor", payout.net_minor as "netMinor",
      array_agg(line.earning_line_id order by line.earning_line_id) as "lineIds"
    from payout join payout_line line on line.payout_id = payout.id
    where payout.run_id = ${runId} and payout.status <> 'cancelled'
    group by payout.id order by payout.id`);

/** Ends the payouts of a run that was not approved, or not started, and frees their lines. */
export async function cancelRunPayouts(db: Database, runId: string, reason: string): Promise<void> {
  await db.query(sql.unsafe`
    update payout set status = 'cancelled', status_reason = ${reason} where run_id = ${runId} and status in ('draft', 'approved')`);
  await db.query(sql.unsafe`
    update payout_line line set released_at = now() from payout
    where payout.id = line.payout_id and payout.run_id = ${runId} and payout.status = 'cancelled' and line.released_at is null`);
}

export const approveRunPayouts = (db: Database, runId: string) =>
  db.query(sql.unsafe`update payout set status = 'approved' where run_id = ${runId} and status = 'draft'`);

const TotalRow = z.strictObject({
  method: z.enum(METHODS),
  currency: Currency,
  status: z.string(),
  count: Count,
  netMinor: z.bigint(),
});

/** A run's payouts counted and summed by method, currency and state. */
export const listRunTotals = (db: Database, runId: string): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select method, currency, status, count(*) as count, sum(net_minor)::bigint as "netMinor"
    from payout where run_id = ${runId} group by method, currency, status order by method, currency, status`);

const OutcomeTotalRow = z.strictObject({
  outcome: z.enum(OUTCOMES),
  currency: Currency,
  count: Count,
  payableMinor: z.bigint(),
});

export const listOutcomeTotals = (db: Database, runId: string): Promise<readonly z.infer<typeof OutcomeTotalRow>[]> =>
  db.any(sql.type(OutcomeTotalRow)`
    select outcome, currency, count(*) as count, sum(payable_minor)::bigint as "payableMinor"
    from run_outcome where run_id = ${runId} group by outcome, currency order by outcome, currency`);

const ProgressRow = z.strictObject({
  waiting: Count,
  active: Count,
  unsent: Count,
  /** How long ago the last of them moved. */
  quietMs: Count,
});

/**
 * How far a run is: payouts not started, being asked for (over all runs), and not yet sent or ended. One that its provider has
 * answered for, that is asked for with a batch, or that a pause holds back, keeps no other waiting.
 */
export const readRunProgress = (db: Database, runId: string): Promise<z.infer<typeof ProgressRow>> =>
  db.one(sql.type(ProgressRow)`
    select count(*) filter (where payout.run_id = ${runId} and payout.status = 'approved') as waiting,
      count(*) filter (where payout.status = 'executing' and run.status <> 'paused' and pause.gateway is null
        and attempt.batch_id is null
        and (attempt.state is null or attempt.state in ('prepared', 'submitted', 'unknown'))) as active,
      count(*) filter (where payout.run_id = ${runId}) as unsent,
      coalesce(extract(epoch
      from now() - max(payout.status_at) filter (where payout.run_id = ${runId})) * 1000, 0)::bigint as "quietMs"
    from payout join payout_run run on run.id = payout.run_id
    left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
    left join gateway_pause pause on pause.gateway = payout.gateway
    where payout.status in ('approved', 'executing')`);
