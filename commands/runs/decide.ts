import { type Database, expectManyRows } from '../../db/database.ts';
import { approveRunPayouts, cancelRunPayouts } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getDecisionNote, insertApproval, readDecider } from '../../db/runs/approvals.ts';
import { listRunContent, lockRun, type Run, updateRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { type Decision, statusAfter, whyNotDecide } from '../../domain/runs/approval.ts';
import { contentHash } from '../../domain/runs/content.ts';
import { REVIEW_DAYS_MAX, type RunStatus } from '../../domain/runs/run.ts';
import { notifyOfReview } from './prepare.ts';

/** Records a person's decision about a run, or refuses it, in one transaction. Throws the refusal as a Failure. */
export const decideRun = (db: Database, runId: string, decision: Decision): Promise<void> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    await expectManyRows(tx);
    const hash = contentHash(await listRunContent(tx, run.id));
    const decider = { id: decision.by, ...(await readDecider(tx, run.id, decision.by, hash)) };
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
    await endReview(tx, run, status, decision.noteId && (await getDecisionNote(tx, decision.noteId)));
  });

/** Reminds finance once a day of a run in review, and ends a review that took too long. */
export const remindOrExpire = (db: Database, runId: string): Promise<void> =>
  db.transaction(async (tx) => {
    const run = await lockRun(tx, runId);
    if (run.status !== 'review') return;
    const days = Math.floor(reviewMs(run) / DAY_MS);
    if (days >= REVIEW_DAYS_MAX) {
      await expectManyRows(tx);
      await endReview(tx, run, 'expired', `nobody decided within ${REVIEW_DAYS_MAX} days`);
    } else if (days > 0) await notifyOfReview(tx, run, days);
  });

/** How long a run has been waiting for its decision, in milliseconds. */
export const reviewMs = ({ reviewSince }: Run): number => Date.now() - (reviewSince?.getTime() ?? Date.now());

/** Ends the review of a run. A run that is not approved frees its lines in the same transaction. */
export async function endReview(tx: Database, run: Run, status: RunStatus, reason: string | null): Promise<void> {
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
