import type { DatabasePool } from 'slonik';

import { type Database, expectManyRows } from '../../db/database.ts';
import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { cancelRunPayouts, lockPayout, makePayoutsDue, updatePayout } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertExclusion, setOutcome } from '../../db/runs/outcomes.ts';
import { getRun, insertRunEdit, listRunContent, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { Failure } from '../../domain/errors.ts';
import { contentHash } from '../../domain/runs/content.ts';
import { canRunBecome, type RunStatus } from '../../domain/runs/run.ts';

/** The changes that people make to a run besides deciding it. Each is one transaction: recorded, or refused with a Failure. */

type Change = { runId: string; actorId: string; reason: string };

/** Takes one draft payout out of a run in review. Its lines are free for the next run, and earlier approvals are void. */
export const excludeFromRun = (db: DatabasePool, { runId, actorId, reason }: Change, payoutId: string): Promise<Run> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run.status !== 'review')
      throw new Failure(
        'run_not_in_review',
        `The run is ${run.status}. Nothing was changed. Payouts can be taken out of a run only while it is in review.`,
      );
    const payout = await lockPayout(tx, payoutId);
    if (payout.runId !== runId) throw new Failure('not_found', `Run ${runId} has no payout ${payoutId}.`);
    if (payout.status !== 'draft')
      throw new Failure(
        'payout_not_draft',
        `The payout is ${payout.status}. Nothing was changed. Only a draft payout can be taken out of its run.`,
      );
    await insertExclusion(tx, payout, run.contentHash ?? '');
    await updatePayout(tx, payoutId, 'cancelled', reason);
    await setOutcome(tx, payout, 'excluded');
    await insertRunEdit(tx, { runId, payoutId, actorId, reason });
    await updateRun(tx, runId, { contentHash: contentHash(await listRunContent(tx, runId)) });
    await audit(tx, 'run.exclude', { runId, actorId, reason }, payoutId);
    return getRun(tx, runId);
  });

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
