import { type Database, expectManyRows } from '../../db/database.ts';
import { draftRun } from '../../db/runs/outcomes.ts';
import { listRunContent, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { contentHash } from '../../domain/runs/content.ts';
import { whyNobody } from './redraw.ts';

/** Drafts a run's payouts, once. Everybody gets one named outcome, and everybody whom `payability` would pay gets a payout. */
export const prepareRun = (db: Database, runId: string): Promise<void> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run.status !== 'preparing') return;
    await expectManyRows(tx);
    await draft(tx, run);
  });

async function draft(tx: Database, run: Run): Promise<void> {
  const payouts = await draftRun(tx, run);
  const hash = contentHash(await listRunContent(tx, run.id));
  if (payouts === 0) {
    await updateRun(tx, run.id, { status: 'disbursed', reason: await whyNobody(tx, run), contentHash: hash });
    return;
  }
  await updateRun(tx, run.id, { status: 'review', contentHash: hash, reviewStarts: true });
  await notifyOfReview(tx, run, 0);
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
