import { type Database, expectManyRows } from '../../db/database.ts';
import { countApprovals } from '../../db/runs/approvals.ts';
import { listRunContent, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { cutoffInstant } from '../../domain/payers/schedule.ts';
import { contentHash } from '../../domain/runs/content.ts';
import { endReview } from './end-review.ts';

/** The local midnight at which the pay date begins, in epoch milliseconds. */
export const payOnMs = (run: Pick<Run, 'zone' | 'payOn'>): number => cutoffInstant(run, run.payOn);

/**
 * Moves an approved run to disbursing once its pay date has come. It cancels a run whose content is not what was approved, or whose
 * approvals no longer count. The triggers let no approved payout change, but a payout can still end, and then the approval is of another
 * content.
 */
export const beginDisbursing = (db: Database, runId: string): Promise<void> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run.status !== 'approved' || payOnMs(run) > Date.now()) return;
    await expectManyRows(tx);
    const why = await whyNotDisburse(tx, run);
    if (why === undefined) await updateRun(tx, run.id, { status: 'disbursing' });
    else await endReview(tx, run, 'cancelled', why);
  });

async function whyNotDisburse(tx: Database, run: Run): Promise<string | undefined> {
  const hash = contentHash(await listRunContent(tx, run.id));
  if (hash.toString('hex') !== run.contentHash) return 'its content is not what was approved';
  const approvals = await countApprovals(tx, run.id, hash);
  return approvals < run.approvalsRequired ? 'too few of the people who approved it are approvers now' : undefined;
}
