import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { METHODS } from '../../domain/rails.ts';
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
  signedApprovals: z.boolean(),
  kind: z.enum(['scheduled', 'on_demand']),
  periodStart: LocalDate,
  periodEnd: LocalDate,
  redo: z.number(),
  cutoffAt: Instant,
  payOn: LocalDate,
  status: z.enum(RUN_STATUSES),
  statusReason: z.string().nullable(),
  preparerId: z.string().nullable(),
  /** The code of the person who asked for it. Null for a scheduled run. */
  preparer: z.string().nullable(),
  /** The payout that it replaces. The run pays only that partner in that currency. */
  replacesId: z.string().nullable(),
  /** The reason for a replacement. */
  askReason: z.string().nullable(),
  /** Hex. */
  contentHash: Hex.nullable(),
  reviewSince: Instant.nullable(),
  createdAt: Instant,
});
export type Run = z.infer<typeof RunRow>;

const selectRun = sql.fragment`
  select run.id, run.schedule_id as "scheduleId", schedule.code as schedule, schedule.zone,
    schedule.approvals_required as "approvalsRequired", schedule.signed_approvals as "signedApprovals", run.kind,
    run.period_start as "periodStart", run.period_end as "periodEnd", run.redo, run.cutoff_at as "cutoffAt", run.pay_on as "payOn", run.status,
    run.status_reason as "statusReason", run.preparer_id as "preparerId", preparer.code as preparer,
    run.replaces_id as "replacesId", run.ask_reason as "askReason", run.content_hash as "contentHash",
    run.review_since as "reviewSince", run.created_at as "createdAt"
  from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
  left join actor preparer on preparer.id = run.preparer_id`;

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
  /** For a replacement: the payout that it replaces, and the reason. */
  replaces?: { payoutId: string; reason: string };
};

/**
 * Opens a run. Returns `exists` where the same run exists already. Returns `blocked` where another run holds what this one would pay: a
 * run of the schedule that is still in preparation or review or, for a replacement, another replacement of the same payout.
 */
export async function insertRun(db: Database, run: NewRun): Promise<'opened' | 'exists' | 'blocked'> {
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
  if (opened) return 'opened';
  return (await db.exists(sql.unsafe`select 1 from payout_run where id = ${run.id}`)) ? 'exists' : 'blocked';
}

export async function getRun(db: Database, id: string): Promise<Run> {
  const run = await db.maybeOne(sql.type(RunRow)`${selectRun} where run.id = ${id}`);
  if (!run) throw new Failure('not_found', `There is no run ${id}.`);
  return run;
}

/** Reads and locks a run for this transaction. */
export async function lockRun(db: Database, id: string): Promise<Run> {
  await db.query(sql.unsafe`select from payout_run where id = ${id} for update`);
  return getRun(db, id);
}

/** Locks a run in shared mode until this transaction ends, so that nobody pauses it meanwhile. */
export const lockRunShared = (db: Database, id: string) =>
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

/** Moves a run. The database refuses a step that its table of edges forbids. */
export const updateRun = (db: Database, id: string, change: RunChange) =>
  db.query(sql.unsafe`
    update payout_run set
      status = coalesce(${change.status ?? null}, status),
      status_reason = case when ${change.status !== undefined} then ${change.reason ?? null} else status_reason end,
      content_hash = coalesce(${change.contentHash ? sql.binary(change.contentHash) : null}, content_hash),
      review_since = case when ${change.reviewStarts ?? false} then now() else review_since end
    where id = ${id}`);

/** Sets the time at which a run is due, whatever happens to its workflow. */
export const setRunDue = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`update payout_run set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`);

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

/**
 * The content of a run that its approvers approve: every payout that was not excluded, with its lines. A payout that was taken out
 * after the approval stays part of what was approved.
 */
export const listRunContent = (db: Database, runId: string): Promise<readonly PayoutContent[]> =>
  db.any(sql.type(ContentRow)`
    select payout.id, payout.partner_id as "partnerId", payout.instrument_version_id as "instrumentVersionId", payout.method,
      payout.currency, payout.gross_minor as "grossMinor", payout.withheld_minor as "withheldMinor",
      payout.fee_minor as "feeMinor", payout.net_minor as "netMinor",
      array_agg(line.earning_line_id order by line.earning_line_id) as "lineIds"
    from payout join payout_line line on line.payout_id = payout.id
    where payout.run_id = ${runId} and (payout.status <> 'cancelled' or exists (
      select from run_outcome outcome
      where (outcome.run_id, outcome.partner_id, outcome.currency) = (payout.run_id, payout.partner_id, payout.currency)
        and outcome.payout_id = payout.id and outcome.outcome like '%_after_approval'))
    group by payout.id order by payout.id`);

/** How many payouts a run pays, or would pay. */
export const countLivePayouts = (db: Database, runId: string): Promise<number> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(*) from payout where run_id = ${runId} and status <> 'cancelled'`);

const TotalRow = z.strictObject({
  method: z.enum(METHODS),
  currency: Currency,
  status: z.string(),
  count: Count,
  netMinor: z.bigint(),
});

/** A run's payouts, counted and summed by method, currency and status. */
export const listRunTotals = (db: Database, runId: string): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select method, currency, status, count(*) as count, sum(net_minor)::bigint as "netMinor"
    from payout where run_id = ${runId} group by method, currency, status order by method, currency, status`);

/** Counts end here: a look at a run costs the same, however large the run is. */
export const PROGRESS_COUNT_MAX = 1_000;

const ProgressRow = z.strictObject({
  waiting: Count,
  asked: Count,
  /** Those of both that a person holds are counted here alone. */
  held: Count,
  /** The time since the last of those whose provider is asked has moved, in milliseconds. */
  quietMs: Count,
});

/**
 * The progress of a run: payouts that are not started, payouts whose provider is asked and that are neither sent nor over, and payouts
 * that a person holds.
 */
export const readRunProgress = (db: Database, runId: string): Promise<z.infer<typeof ProgressRow>> =>
  db.one(sql.type(ProgressRow)`
    select
      (select count(*) from (
        select from payout where run_id = ${runId} and status = 'approved' and held_at is null limit ${PROGRESS_COUNT_MAX}) first)
        as waiting,
      (select count(*) from (
        select from payout where run_id = ${runId} and status = 'executing' and held_at is null limit ${PROGRESS_COUNT_MAX}) first)
        as asked,
      (select count(*) from (
        select from payout where run_id = ${runId} and status in ('approved', 'executing') and held_at is not null
        limit ${PROGRESS_COUNT_MAX}) first) as held,
      coalesce(extract(epoch from now() -
        (select max(status_at) from payout where run_id = ${runId} and status = 'executing')) * 1000, 0)::bigint as "quietMs"`);

/**
 * How many payouts of all runs a provider is being asked for one by one. A payout does not delay others once its provider has replied,
 * while it is in a batch, while a person holds it, or during a pause.
 */
export const countActivePayouts = (db: Database): Promise<number> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    with active as (
      select payout.run_id, payout.gateway from payout_attempt attempt join payout on payout.id = attempt.payout_id
      where attempt.batch_id is null and attempt.state in ('prepared', 'submitted', 'unknown') and payout.status = 'executing'
        and payout.held_at is null
      union all
      select run_id, gateway from payout
      where status = 'executing' and held_at is null
        and not exists (select from payout_attempt attempt where attempt.payout_id = payout.id and attempt.state <> 'failed'))
    select count(*) from active join payout_run run on run.id = active.run_id
    where run.status <> 'paused' and not exists (select from gateway_pause pause where pause.gateway = active.gateway)`);

export type RunEdit = { runId: string; payoutId: string; actorId: string; reason: string };

/** Records who changed a run, because they may not approve it. */
export const insertRunEdit = (db: Database, { runId, payoutId, actorId, reason }: RunEdit) =>
  db.query(sql.unsafe`
    insert into run_edit(run_id, payout_id, actor_id, reason) values (${runId}, ${payoutId}, ${actorId}, ${reason})`);
