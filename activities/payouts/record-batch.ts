import { listPayoutsById, updatePayout, setBatchPayoutsDue } from '../../db/payouts/payouts.ts';
import { type Batch, endBatch, getBatch, lockBatch, updateBatch } from '../../db/payouts/batches.ts';
import { failBatchItems, moveBatchItems } from '../../db/payouts/attempts.ts';
import { lockBatchItems } from '../../db/payouts/batch-items.ts';
import type { Database } from '../../db/database.ts';
import { post } from '../../db/books/ledger.ts';
import { lockRun } from '../../db/runs/runs.ts';
import { closeTask, insertItemTasks } from '../../db/tasks/tasks.ts';
import { DAY_MS, HOUR_MS } from '../../domain/durations.ts';
import { canBatchBecome } from '../../domain/payouts/batch.ts';
import { failPosting } from '../../domain/books/postings.ts';
import type { BatchReply } from '../../gateways/gateway.ts';
import { type AnswerDeps, tellPartner } from './record.ts';
import { overtakePeopleOnBatch } from './contradictions.ts';
import { type BatchFormingDeps, type Formed, formBatch } from './form-batches.ts';
import { tellOfUnknown } from './silence.ts';
import { openTask } from '../tasks/tasks.ts';

/** Wise cancels what nobody funds after about two weeks; its pages differ, and the shortest says five days. */
const FUNDING_DAYS_MAX = 5;
/** Each of its payouts is looked at when the batch says so, or else after this long. */
const PAYOUTS_WAIT_MS = HOUR_MS;

/** Applies what a provider said of a batch to it and to all its attempts, in one transaction. */
export const recordBatchAnswer = (
  { db }: Pick<AnswerDeps, 'db'>,
  batchId: string,
  answer: BatchReply | null,
): Promise<void> =>
  db.transaction(async (tx) => {
    if (!answer) return;
    const batch = await lockBatch(tx, batchId);
    const state = answer.state && canBatchBecome(batch.state, answer.state) ? answer.state : batch.state;
    const refused = Object.fromEntries(answer.refused.map(({ key, reason }) => [key, reason]));
    await updateBatch(tx, batchId, {
      state,
      word: answer.providerStatus,
      reason: answer.reason,
      reference: answer.reference,
      evidence: { ...answer.evidence, ...(answer.state === 'refused' ? { refused } : {}) },
    });
    if (state !== batch.state) await moveItems(tx, batchId, state, answer);
    if (state !== batch.state && batch.state === 'unknown')
      await overtakePeopleOnBatch(tx, batchId, `${batch.gateway} says ${answer.providerStatus}`);
    await tell(tx, { ...batch, state, providerRef: answer.reference ?? batch.providerRef }, batch, answer);
  });

/** What a batch is, its attempts are; those that ended by themselves excepted. Of a refusal each hears by itself. */
async function moveItems(
  tx: Database,
  batchId: string,
  state: Batch['state'],
  { providerStatus: word, reason }: BatchReply,
) {
  if (state !== 'unknown' && state !== 'needs_person' && state !== 'accepted') return;
  await setBatchPayoutsDue(tx, batchId, PAYOUTS_WAIT_MS);
  await moveBatchItems(tx, batchId, { state, word, reason });
}

/** What waited for a person waits no more once the provider says another thing. */
const ENDED_BY_NEWS = ['outcome_unknown', 'provider_approval'] as const;

async function tell(tx: Database, batch: Batch, before: Batch, { task, providerStatus: word }: BatchReply) {
  const subject = `batch/${batch.id}`;
  if (task) {
    const deadlineAt =
      task.kind === 'provider_approval' ? new Date(batch.readAt.getTime() + FUNDING_DAYS_MAX * DAY_MS) : null;
    const evidence = { gateway: batch.gateway, reference: batch.providerRef, items: batch.itemCount, word };
    await openTask(tx, { ...task, subject, payoutId: null, evidence, deadlineAt });
    if (task.kind === 'outcome_unknown') await insertItemTasks(tx, batch.id, task.detail);
  } else if (batch.state !== before.state)
    for (const kind of ENDED_BY_NEWS)
      await closeTask(tx, { kind, subject }, { actorId: null, resolution: `${batch.gateway} says ${word}` });
  if (batch.state === 'unknown' && before.state === 'unknown')
    await tellOfUnknown(tx, { ...before, subject, whether: `${batch.gateway} took this batch` });
}

/**
 * Proved that nothing of a batch moved: the sends are undone, the payouts that the provider named fail, and the others are asked for
 * again, by new attempts in a new batch. All in one transaction, so that no payout is ever without one of the two.
 */
export const settleRefusal = (deps: AnswerDeps & BatchFormingDeps, batchId: string): Promise<Formed> =>
  deps.db.transaction(async (tx) => {
    const { state, runId } = await lockBatch(tx, batchId);
    if (state !== 'refused') return { batch: null, alone: null };
    const run = await lockRun(tx, runId);
    const { refused, word, readAt } = readRefusal(await getBatch(tx, batchId));
    const items = (await lockBatchItems(tx, batchId)).filter(({ isAsked }) => isAsked);
    const reasonOf = (attemptId: string) => refused[attemptId];
    await failBatchItems(
      tx,
      items.map(({ attemptId }) => ({ attemptId, word, reason: reasonOf(attemptId) ?? 'refused with its batch' })),
    );
    await post(
      tx,
      items.map((paid) => failPosting(paid, readAt)),
    );
    const payouts = await listPayoutsById(
      tx,
      items.map(({ payoutId }) => payoutId),
    );
    const reasons = new Map(items.map(({ payoutId, attemptId }) => [payoutId, reasonOf(attemptId)]));
    for (const payout of payouts) {
      const reason = reasons.get(payout.id);
      if (reason === undefined) continue;
      await updatePayout(tx, payout.id, 'failed', reason);
      await tellPartner(tx, payout, 'payout_failed', reason);
    }
    const others = payouts.filter(({ id }) => reasons.get(id) === undefined);
    const formed = await formBatch(deps, tx, run, others);
    await endBatch(tx, batchId);
    return formed;
  });

/** By the keys of the payments, which are the ids of their attempts. */
const readRefusal = ({ evidence, word, readAt }: Batch) => ({
  refused: (evidence['refused'] ?? {}) as Readonly<Record<string, string>>,
  word: word ?? 'refused',
  readAt,
});
