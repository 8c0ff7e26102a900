import type { DatabasePool } from 'slonik';

import type { Database } from '../../db/database.ts';
import { findLiveAttempt } from '../../db/payouts/attempts.ts';
import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { getPayout, lockPayout, makePayoutsDue, type Payout, setHold } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { listHoldingRuns } from '../../db/runs/holds.ts';
import { insertRunEdit, lockRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';

/** Holds of single payouts. They change neither what a run pays nor who approved it, but only when the provider is asked. */

const RUNS_PER_SWEEP = 100;

/**
 * Holds a payout back from its provider, from now until its release. It stays in its run, with its approvals. One that waits in a batch
 * leaves it when the batch would be asked for. A payout that is held already keeps its first reason.
 */
export const holdPayout = (db: DatabasePool, payoutId: string, actorId: string, reason: string): Promise<Payout> =>
  db.transaction(async (tx) => {
    const payout = await lockUnasked(tx, payoutId);
    if (payout.heldAt) return payout;
    await setHold(tx, payoutId, { by: actorId, reason });
    return record(tx, payout, 'payout.hold', actorId, reason);
  });

/** Releases a held payout, which is due at once. Its provider is asked only if it may still be paid. */
export const releasePayout = (db: DatabasePool, payoutId: string, actorId: string): Promise<Payout> =>
  db.transaction(async (tx) => {
    const payout = await lockUnasked(tx, payoutId);
    if (!payout.heldAt) return payout;
    await setHold(tx, payoutId, null);
    if (payout.status === 'executing') await makePayoutsDue(tx, { id: payoutId });
    return record(tx, payout, 'payout.release', actorId, `released; it was held because: ${payout.heldReason}`);
  });

/** Locks the run, the batch and the payout, in this order, and refuses a payout whose provider was asked or that is over. */
async function lockUnasked(tx: Database, payoutId: string): Promise<Payout> {
  await lockRun(tx, (await getPayout(tx, payoutId)).runId);
  const attempt = await findLiveAttempt(tx, payoutId);
  if (attempt?.state === 'prepared' && attempt.batchId !== null) await makeBatchesDue(tx, { ids: [attempt.batchId] });
  const payout = await lockPayout(tx, payoutId);
  const { status, attemptState } = payout;
  const isOpen = status === 'draft' || status === 'approved' || status === 'executing';
  if (isOpen && (attemptState ?? 'prepared') === 'prepared') return payout;
  throw new Failure(
    'payout_cannot_be_held',
    `The payout is ${status}${attemptState === null ? '' : `, and its attempt is ${attemptState}`}. Nothing was changed. A payout can be held and released until its provider is asked.`,
  );
}

async function record(tx: Database, { id, runId }: Payout, action: string, actorId: string, reason: string) {
  await insertRunEdit(tx, { runId, payoutId: id, actorId, reason });
  await addAuditEntry(tx, { actorId, action, subject: `payout/${id}`, detail: { run: runId, reason } });
  return getPayout(tx, id);
}

/** Reminds finance, once a day for each run, of the payouts that somebody has held for more than a day. */
export async function remindOfHolds(tx: Database): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  for (const { id, schedule, periodEnd } of await listHoldingRuns(
    tx,
    DAY_MS,
    { notice: 'payouts_held', day },
    RUNS_PER_SWEEP,
  ))
    await addNotification(tx, {
      kind: 'payouts_held',
      dedupeKey: `payouts_held/${id}/${day}`,
      audience: 'finance',
      partnerId: null,
      body: { run: id, schedule, periodEnd },
    });
}
