import type { DatabasePool } from 'slonik';

import { type Database, expectManyRows } from '../../db/database.ts';
import { findLiveAttempt } from '../../db/payouts/attempts.ts';
import { makeBatchesDue } from '../../db/payouts/batches.ts';
import {
  cancelRunPayouts,
  getPayout,
  lockPayout,
  makePayoutsDue,
  type Payout,
  setCutReason,
  updatePayout,
} from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertExclusion, setOutcome } from '../../db/runs/outcomes.ts';
import { getRun, insertRunEdit, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { Failure } from '../../domain/errors.ts';
import { cutPayout } from '../payouts/cut.ts';
import { canRunBecome, type RunStatus } from '../../domain/runs/run.ts';
import { endReview } from './end-review.ts';
import { renewContent } from './renew-content.ts';

/** The changes that people make to a run besides deciding it. Each is one transaction: recorded, or refused with a Failure. */

type Change = { runId: string; actorId: string; reason: string };

/**
 * Takes one payout out of its run before its provider is asked. Its lines are free for the next run. In review, earlier approvals are
 * void. After the approval, the rest of the run is paid as approved. A payout in a batch leaves it when the batch would be asked for.
 */
export const cutFromRun = (db: DatabasePool, payoutId: string, actorId: string, reason: string): Promise<Payout> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, (await getPayout(tx, payoutId)).runId);
    const attempt = await findLiveAttempt(tx, payoutId);
    if (attempt?.state === 'prepared' && attempt.batchId !== null) await makeBatchesDue(tx, { ids: [attempt.batchId] });
    const payout = await lockPayout(tx, payoutId);
    const isUnasked = payout.status === 'approved' || payout.status === 'executing';
    if (run.status === 'review' && payout.status === 'draft') await exclude(tx, run, payout, reason);
    else if (!isUnasked || (payout.attemptState ?? 'prepared') !== 'prepared') throw cannotLeave(payout);
    else if (attempt && attempt.batchId !== null) await setCutReason(tx, payoutId, reason);
    else await cutPayout(tx, payout, { outcome: 'cut_after_approval', reason }, actorId);
    await insertRunEdit(tx, { runId: run.id, payoutId, actorId, reason });
    await audit(tx, 'run.cut', { runId: run.id, actorId, reason }, payoutId);
    return getPayout(tx, payoutId);
  });

async function exclude(tx: Database, run: Run, payout: Payout, reason: string): Promise<void> {
  await insertExclusion(tx, payout, run.contentHash ?? '');
  await updatePayout(tx, payout.id, 'cancelled', reason);
  await setOutcome(tx, payout, 'excluded');
  if ((await renewContent(tx, run)) === 0)
    await endReview(tx, run, 'disbursed', 'every payout was taken out of the run');
}

const cannotLeave = ({ status, attemptState }: Payout): Failure =>
  new Failure(
    'payout_cannot_leave',
    `The payout is ${status}${attemptState === null ? '' : `, and its attempt is ${attemptState}`}. Nothing was changed. A payout can be taken out of its run until its provider is asked.`,
  );

const audit = (tx: Database, action: string, { runId, actorId, reason }: Change, payoutId: string | null = null) =>
  addAuditEntry(tx, {
    actorId,
    action,
    subject: `run/${runId}`,
    detail: { reason, ...(payoutId ? { payout: payoutId } : {}) },
  });

const moveRun = (db: Database, change: Change, status: RunStatus, action: string): Promise<Run> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, change.runId);
    if (run.status === status) return run;
    if (!canRunBecome(run.status, status))
      throw new Failure(
        'run_not_disbursing',
        `The run is ${run.status}, so it cannot become ${status}. Nothing was changed.`,
      );
    await expectManyRows(tx);
    await updateRun(tx, change.runId, { status, reason: change.reason });
    if (status === 'cancelled') await cancelRunPayouts(tx, change.runId, `the run was cancelled: ${change.reason}`);
    await audit(tx, action, change);
    return getRun(tx, change.runId);
  });

/** Ends a run that has not begun to pay, and frees its lines. */
export const cancelRun = (db: DatabasePool, change: Change): Promise<Run> =>
  moveRun(db, change, 'cancelled', 'run.cancel');

/** Stops asking providers for this run. Payments that a provider was asked for continue to their end. */
export const pauseRun = (db: DatabasePool, change: Change): Promise<Run> => moveRun(db, change, 'paused', 'run.pause');

/** Lets a paused run continue, and makes due what waited for it. */
export const resumeRun = (db: DatabasePool, change: Change): Promise<Run> =>
  db.transaction(async (tx) => {
    const run = await moveRun(tx, change, 'disbursing', 'run.resume');
    await makeBatchesDue(tx, { runId: run.id });
    await makePayoutsDue(tx, { runId: run.id });
    return run;
  });
