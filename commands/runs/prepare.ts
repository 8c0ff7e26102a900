import type { Database } from '../../db/database.ts';
import { listRunPayability, type Payability } from '../../db/payouts/payability.ts';
import { insertDraftPayouts } from '../../db/payouts/payouts.ts';
import { insertOutcomes } from '../../db/runs/outcomes.ts';
import { listRunContent, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { payoutId } from '../../domain/ids.ts';
import { contentHash } from '../../domain/runs/content.ts';

/** Drafts a run's payouts, once. Everybody gets one named outcome, and everybody whom `payability` would pay gets a payout. */
export const prepareRun = (db: Database, runId: string): Promise<void> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run.status === 'preparing') await draft(tx, run);
  });

async function draft(tx: Database, run: Run): Promise<void> {
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
  await notifyOfReview(tx, run, 0);
}

function asDraft(runId: string, row: Payability) {
  if (row.method === null || row.gateway === null || row.instrumentVersionId === null)
    throw new TypeError(`the run would pay partner ${row.partnerId} without an instrument`);
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

/** Tells finance that a run waits for approval. `reminder` is 0 at first, and later the number of days in review. */
export const notifyOfReview = (tx: Database, run: Run, reminder: number) =>
  addNotification(tx, {
    kind: 'run_in_review',
    dedupeKey: `run_in_review/${run.id}/${reminder}`,
    audience: 'finance',
    partnerId: null,
    body: { run: run.id, schedule: run.schedule, periodEnd: run.periodEnd, reminder },
  });
