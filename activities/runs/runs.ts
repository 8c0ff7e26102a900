import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { addAuditEntry } from '../../db/people/audit.ts';
import type { Database } from '../../db/database.ts';
import { findScheduleForRun, hasScheduledRun, listActiveSchedules, type ScheduleRow } from '../../db/runs/overdue.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { listRunPayability, type Payability } from '../../db/payouts/payability.ts';
import { takeStartablePayouts } from '../../db/payouts/payouts.ts';
import { getDecisionNote, insertApproval, readDecider } from '../../db/runs/approvals.ts';
import {
  approveRunPayouts,
  cancelRunPayouts,
  getRun,
  insertDraftPayouts,
  insertOutcomes,
  insertRun,
  listRunContent,
  lockRun,
  readRunProgress,
  setRunDue,
  type Run,
  updateRun,
} from '../../db/runs/runs.ts';
import { type Decision, statusAfter, whyNotDecide } from '../../domain/runs/approval.ts';
import { Failure } from '../../domain/errors.ts';
import { payoutId, scheduledRunId } from '../../domain/ids.ts';
import { REVIEW_DAYS_MAX, type RunStatus } from '../../domain/runs/run.ts';
import { contentHash } from '../../domain/runs/content.ts';
import {
  cutoffInstant,
  lastPeriodBefore,
  payDate,
  type PaySchedule,
  periodEndingOn,
} from '../../domain/payers/schedule.ts';
import { wakeRun } from '../../temporal/starts.ts';
import { type BatchFormingDeps, formBatches } from '../payouts/form-batches.ts';
import { wakePayouts } from '../payouts/wake.ts';

export type RunDeps = BatchFormingDeps & {
  db: DatabasePool;
  temporal: Client;
  /** How many payouts may be with their providers at once: more would only wait in the queues. */
  activePayoutsMax: number;
};

/** What the run's workflow learns: a word, a time, and a line for the operators. No amounts. */
export type RunProgress = { status: RunStatus; waitMs: number; summary: string };

const PAYOUTS_PER_PAGE = 200;
const BUSY_WAIT_MS = 500;
const FOLLOW_WAIT_MS_MIN = 1_000;
const FOLLOW_WAIT_MS_MAX = 15 * 60_000;
/** Only a person's word ends these waits, and it wakes the run. */
const PAUSED_WAIT_MS = 600_000;
const DAY_MS = 24 * 3600_000;
const DUE_GRACE_MS = 5 * 60_000;

export const createRunActivities = (deps: RunDeps) => {
  const { db, temporal } = deps;
  return {
    /**
     * Opens the run of the period that ended last before a Schedule's own time, and starts it. Never reads the clock: a Schedule
     * that fires late, or twice, still means the same period.
     */
    async openScheduledRun(scheduleCode: string, scheduledAt: string): Promise<string | null> {
      const schedule = await findScheduleForRun(db, scheduleCode);
      if (!schedule) return null;
      const period = lastPeriodBefore(asPaySchedule(schedule), Date.parse(scheduledAt));
      return openScheduled(deps, schedule, period.end);
    },

    /** Opens every period that is over and has no run, as after an outage that was longer than a Schedule catches up. */
    async openMissedRuns(): Promise<number> {
      let opened = 0;
      for (const schedule of await listActiveSchedules(db)) {
        const period = lastPeriodBefore(asPaySchedule(schedule), Date.now());
        const cutoffMs = cutoffInstant(schedule, period.end);
        if (cutoffMs <= schedule.created_at || (await hasScheduledRun(db, schedule.id, period.end))) continue;
        if (await openScheduled(deps, schedule, period.end)) opened += 1;
      }
      return opened;
    },

    /** Prepares a run's payouts, or says how far it got before. */
    openRun: (runId: string): Promise<RunProgress> =>
      db.transaction(async (tx) => {
        const run = await lockRun(tx, runId);
        if (run.status === 'preparing') await prepare(tx, run);
        return readProgress(tx, runId);
      }),

    /** Records a decision, or refuses it, in one transaction. Throws the refusal as a Failure. */
    recordDecision: (runId: string, decision: Decision): Promise<RunProgress> =>
      db.transaction(async (tx) => {
        await decide(tx, await lockRun(tx, runId), decision);
        return readProgress(tx, runId);
      }),

    /** Says where a run is; reminds once a day of a review, and ends one that took too long. */
    reviewRun: (runId: string): Promise<RunProgress> =>
      db.transaction(async (tx) => {
        const run = await lockRun(tx, runId);
        if (run.status === 'review') await remindOrExpire(tx, run);
        return readProgress(tx, runId);
      }),

    /** Moves an approved run to disbursing when its pay date has come and its content is what was approved. */
    startDisbursing: (runId: string): Promise<RunProgress> =>
      db.transaction(async (tx) => {
        const run = await lockRun(tx, runId);
        if (run.status === 'approved' && payOnMs(run) <= Date.now()) await beginDisbursing(tx, run);
        return readProgress(tx, runId);
      }),

    /**
     * Starts the next payouts of a run: what can be asked for together as batches, the others as many as the providers can take now.
     * Ends the run when all are sent or have ended.
     */
    async startPage(runId: string): Promise<RunProgress> {
      const run = await getRun(db, runId);
      if (run.status !== 'disbursing') return readProgress(db, runId);
      await formBatches(deps, runId);
      const { waiting, active, unsent } = await readRunProgress(db, runId);
      if (unsent === 0) return finish(db, runId);
      const room = Math.min(Math.max(deps.activePayoutsMax - active, 0), PAYOUTS_PER_PAGE, waiting);
      if (room > 0) {
        const payouts = await takeStartablePayouts(db, runId, room);
        await wakePayouts(
          temporal,
          payouts.map((payout) => ({ ...payout, partnerCode: payout.partner })),
        );
      }
      return readProgress(db, runId);
    },
  };
};

const asPaySchedule = ({ frequency, zone, weekday, pay_days }: ScheduleRow): PaySchedule => ({
  frequency,
  zone,
  payDays: pay_days,
  ...(weekday === null ? {} : { weekday }),
});

/** Makes the row of a period's scheduled run and starts its workflow; a second time it only wakes it. */
async function openScheduled(
  { db, temporal }: RunDeps,
  schedule: ScheduleRow,
  periodEnd: string,
): Promise<string | null> {
  const id = scheduledRunId(schedule.code, periodEnd, 0);
  const period = periodEndingOn(asPaySchedule(schedule), periodEnd);
  try {
    await insertRun(db, {
      id,
      scheduleId: schedule.id,
      kind: 'scheduled',
      periodStart: period.start,
      periodEnd: period.end,
      redo: 0,
      cutoffAtMs: cutoffInstant(schedule, period.end),
      payOn: payDate(asPaySchedule(schedule), period.end),
      preparerId: null,
    });
  } catch (error) {
    if (error instanceof Failure && error.code === 'run_already_exists') return null; // the sweep opens it when that one is decided
    throw error;
  }
  await wakeRun(temporal, { id, scheduleCode: schedule.code, periodEnd: period.end });
  return id;
}

/** Drafts the payouts of everybody whom `payability` would pay, and one named outcome for everybody. */
async function prepare(tx: Database, run: Run): Promise<void> {
  const rows = await listRunPayability(tx, run);
  const paid = rows.filter(({ outcome }) => outcome === 'paid');
  await insertDraftPayouts(
    tx,
    run,
    paid.map((row) => asDraft(run.id, row)),
  );
  await insertOutcomes(
    tx,
    run.id,
    rows.map((row) => ({
      ...row,
      payoutId: row.outcome === 'paid' ? payoutId(run.id, row.partnerId, row.currency) : null,
    })),
  );
  const hash = contentHash(await listRunContent(tx, run.id));
  if (paid.length === 0) {
    await updateRun(tx, run.id, { status: 'disbursed', reason: 'nobody is due a payout', contentHash: hash });
    return;
  }
  await updateRun(tx, run.id, { status: 'review', contentHash: hash, reviewStarts: true });
  await tellFinance(tx, run, 0);
}

function asDraft(runId: string, row: Payability) {
  if (row.method === null || row.gateway === null || row.instrumentVersionId === null)
    throw new TypeError(`partner ${row.partnerId} would be paid without an instrument`);
  return {
    id: payoutId(runId, row.partnerId, row.currency),
    partnerId: row.partnerId,
    currency: row.currency,
    method: row.method,
    gateway: row.gateway,
    grossMinor: row.payableMinor,
    instrumentVersionId: row.instrumentVersionId,
  };
}

const tellFinance = (tx: Database, run: Run, reminder: number) =>
  addNotification(tx, {
    kind: 'run_in_review',
    dedupeKey: `run_in_review/${run.id}/${reminder}`,
    audience: 'finance',
    partnerId: null,
    body: { run: run.id, schedule: run.schedule, periodEnd: run.periodEnd, reminder },
  });

async function decide(tx: Database, run: Run, decision: Decision): Promise<void> {
  const hash = contentHash(await listRunContent(tx, run.id));
  const facts = await readDecider(tx, run.id, decision.by, hash);
  const decider = {
    id: decision.by,
    isApprover: facts.is_approver,
    isPayee: facts.is_payee,
    isEditor: facts.is_editor,
    hasDecided: facts.has_decided,
  };
  const refusal = whyNotDecide({ ...run, contentHash: hash.toString('hex') }, decider, decision.contentHash);
  if (refusal) throw new Failure(refusal.code, refusal.message);
  const approvals = await insertApproval(tx, run.id, hash, decision);
  const status = statusAfter(decision.decision, approvals, run.approvalsRequired);
  await addAuditEntry(tx, {
    actorId: decision.by,
    action: `run.${decision.decision}`,
    subject: `run/${run.id}`,
    detail: { contentHash: hash.toString('hex'), status },
  });
  if (status === 'review') return;
  await end(tx, run, status, decision.noteId && (await getDecisionNote(tx, decision.noteId)));
}

/** Moves a run out of review. What is not approved frees its lines in the same transaction. */
async function end(tx: Database, run: Run, status: RunStatus, reason: string | null): Promise<void> {
  await updateRun(tx, run.id, { status, reason });
  if (status === 'approved') await approveRunPayouts(tx, run.id);
  else await cancelRunPayouts(tx, run.id, `the run was ${status}`);
  await addNotification(tx, {
    kind: 'run_decided',
    dedupeKey: `run_decided/${run.id}/${status}`,
    audience: 'finance',
    partnerId: null,
    body: { run: run.id, schedule: run.schedule, periodEnd: run.periodEnd, status },
  });
}

async function remindOrExpire(tx: Database, run: Run): Promise<void> {
  const days = Math.floor(reviewMs(run) / DAY_MS);
  if (days >= REVIEW_DAYS_MAX) await end(tx, run, 'expired', `nobody decided within ${REVIEW_DAYS_MAX} days`);
  else if (days > 0) await tellFinance(tx, run, days);
}

/** How long a run has been waiting for its decision. */
const reviewMs = ({ reviewSince }: Run): number => Date.now() - (reviewSince?.getTime() ?? Date.now());

/** The pay date begins at its local midnight. */
const payOnMs = (run: Run): number => cutoffInstant(run, run.payOn);

async function beginDisbursing(tx: Database, run: Run): Promise<void> {
  const hash = contentHash(await listRunContent(tx, run.id)).toString('hex');
  if (hash === run.contentHash) await updateRun(tx, run.id, { status: 'disbursing' });
  else await end(tx, run, 'cancelled', 'its content is not what was approved');
}

async function finish(db: DatabasePool, runId: string): Promise<RunProgress> {
  await updateRun(db, runId, { status: 'disbursed' });
  return readProgress(db, runId);
}

type Counts = Awaited<ReturnType<typeof readRunProgress>>;

/** While payouts wait for room a run looks often; then the less often, the longer nothing has moved. */
const followMs = ({ waiting, quietMs }: Counts): number =>
  waiting > 0 ? BUSY_WAIT_MS : Math.min(Math.max(Math.floor(quietMs / 4), FOLLOW_WAIT_MS_MIN), FOLLOW_WAIT_MS_MAX);

/** How long a run may wait before it is looked at again, whatever nobody tells it. */
const WAIT_MS: Record<RunStatus, (run: Run, counts: Counts) => number> = {
  preparing: () => BUSY_WAIT_MS,
  review: (run) => DAY_MS - (reviewMs(run) % DAY_MS),
  approved: (run) => Math.max(payOnMs(run) - Date.now(), 0),
  disbursing: (_run, counts) => followMs(counts),
  paused: () => PAUSED_WAIT_MS,
  disbursed: () => 0,
  rejected: () => 0,
  expired: () => 0,
  cancelled: () => 0,
};

/** Where a run is now; moves the moment at which the sweep would look after it. */
async function readProgress(db: Database, runId: string): Promise<RunProgress> {
  const run = await getRun(db, runId);
  const progress = await readRunProgress(db, runId);
  const { waiting, unsent } = progress;
  const counts =
    run.status === 'disbursing' ? `: ${waiting} payouts to start, ${unsent - waiting} with their providers` : '';
  const waitMs = WAIT_MS[run.status](run, progress);
  await setRunDue(db, runId, waitMs + DUE_GRACE_MS);
  return { status: run.status, waitMs, summary: `${run.status}${counts}` };
}
