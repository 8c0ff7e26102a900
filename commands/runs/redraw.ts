import { type Database, expectManyRows } from '../../db/database.ts';
import { listOutcomes, redrawOutcomes } from '../../db/runs/outcomes.ts';
import { getRun, lockRun, type Run } from '../../db/runs/runs.ts';
import { endReview } from './end-review.ts';
import { renewContent } from './renew-content.ts';

/** Lets a run in review follow what is owed now. Returns whether anything changed in what it pays. */
export const redrawRun = (db: Database, runId: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    const redrawn = await redraw(tx, run);
    return redrawn.contentHash !== run.contentHash || redrawn.status !== run.status;
  });

/**
 * Redraws a locked run from `payability`: payouts change in place, appear and disappear, and earlier approvals are void. A run without
 * any payout ends. Returns the run as it is then.
 */
export async function redraw(tx: Database, run: Run): Promise<Run> {
  if (run.status !== 'review') return run;
  if ((await redrawOutcomes(tx, run, run.contentHash ?? '')) === 0) return run;
  await expectManyRows(tx);
  if ((await renewContent(tx, run)) === 0) await endReview(tx, run, 'disbursed', await whyNobody(tx, run));
  return getRun(tx, run.id);
}

/** Why a run pays nobody. A replacement has one partner, so it can say what is against that partner. */
export async function whyNobody(tx: Database, { id, replacesId }: Pick<Run, 'id' | 'replacesId'>): Promise<string> {
  if (replacesId === null) return 'nobody is due a payout';
  const [only] = await listOutcomes(tx, id, { partnerId: 0n, currency: '' }, 1);
  return `the partner cannot be paid now: ${only?.outcome ?? 'nothing_due'}`;
}
