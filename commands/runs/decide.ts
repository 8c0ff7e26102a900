import { type Database, expectManyRows } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getDecisionNote, insertApproval, readDecider } from '../../db/runs/approvals.ts';
import { countChangedSince } from '../../db/runs/outcomes.ts';
import { listRunContent, lockRun, type Run } from '../../db/runs/runs.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { type Decider, type Decision, statusAfter, whyNotDecide } from '../../domain/runs/approval.ts';
import { contentHash } from '../../domain/runs/content.ts';
import { REVIEW_DAYS_MAX } from '../../domain/runs/run.ts';
import { notifyOfReview } from './prepare.ts';
import { endReview } from './end-review.ts';
import { redraw } from './redraw.ts';

/**
 * Refuses a decision that would be refused now, without a lock. The workflow that records decisions can take only so many, so nobody may
 * use them up with decisions that it would refuse. Throws the refusal as a Failure.
 */
export async function checkDecision(db: Database, run: Run, decision: Omit<Decision, 'noteId'>): Promise<void> {
  const refusal = await findRefusal(db, run, decision);
  if (refusal) throw refusal;
}

/** The reason why a decision would be refused now, or undefined. */
export async function findRefusal(
  db: Database,
  run: Run,
  decision: Omit<Decision, 'noteId'>,
): Promise<Failure | undefined> {
  const { by, contentHash: seen } = decision;
  const decider = deciderOf(decision, await readDecider(db, run.id, by, Buffer.from(seen, 'hex')));
  const refusal = whyNotDecide(run, decider, seen, await countChangedSince(db, run.id, seen));
  return refusal && new Failure(refusal.code, refusal.message);
}

const deciderOf = (
  { by, decision, signatureId }: Omit<Decision, 'noteId'>,
  facts: Awaited<ReturnType<typeof readDecider>>,
): Decider => ({ id: by, ...facts, approvesUnsigned: decision === 'approve' && signatureId === undefined });

/**
 * Records a person's decision about a run, or returns why it is refused, in one transaction. An approval is about what is owed now, so
 * the run is redrawn before it. A redraw stays, whatever becomes of the approval. A rejection ends the run whatever it would pay.
 */
export const decideRun = (db: Database, runId: string, decision: Decision): Promise<Failure | undefined> =>
  db.transaction(async (tx) => {
    const locked = await lockRun(tx, runId);
    const run = decision.decision === 'approve' ? await redraw(tx, locked) : locked;
    await expectManyRows(tx);
    const hash = contentHash(await listRunContent(tx, run.id));
    const decider = deciderOf(decision, await readDecider(tx, run.id, decision.by, hash));
    const changed = await countChangedSince(tx, run.id, decision.contentHash);
    const refusal = whyNotDecide({ ...run, contentHash: hash.toString('hex') }, decider, decision.contentHash, changed);
    if (refusal) return new Failure(refusal.code, refusal.message);
    const approvals = await insertApproval(tx, run.id, hash, decision);
    const status = statusAfter(decision.decision, approvals, run.approvalsRequired);
    await addAuditEntry(tx, {
      actorId: decision.by,
      action: `run.${decision.decision}`,
      subject: `run/${run.id}`,
      detail: { contentHash: hash.toString('hex'), status },
    });
    if (status === 'review') return undefined;
    await endReview(tx, run, status, decision.noteId && (await getDecisionNote(tx, decision.noteId)));
    return undefined;
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
