import { listPayoutsById, updatePayout, setBatchPayoutsDue } from '../../db/payouts/payouts.ts';
import {
  type Batch,
  type BatchCall,
  endBatch,
  failBatch,
  getBatch,
  lockBatch,
  updateBatch,
} from '../../db/payouts/batches.ts';
import { dropAttempts, failBatchItems, moveBatchItems } from '../../db/payouts/attempts.ts';
import { lockBatchItems } from '../../db/payouts/batch-items.ts';
import type { Database } from '../../db/database.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { lockRun } from '../../db/runs/runs.ts';
import { closeTask, insertItemTasks } from '../../db/tasks/tasks.ts';
import { DAY_MS, HOUR_MS } from '../../domain/durations.ts';
import { canBatchBecome } from '../../domain/payouts/batch.ts';
import { failPosting } from '../../domain/books/postings.ts';
import type { BatchReply } from '../../gateways/gateway.ts';
import { markInstrument } from './instrument-failures.ts';
import { notifyPartner } from './notify.ts';
import type { ReplyDeps } from './record.ts';
import { overtakePeopleOnBatch } from './contradictions.ts';
import { type BatchFormingDeps, type Formed, formBatch } from './form-batches.ts';
import { notifyOfUnknown } from './silence.ts';
import { openTask } from '../../commands/open-task.ts';

/** Wise cancels a batch that nobody funds after about two weeks. Its pages differ, and the shortest time they name is five days. */
const FUNDING_DAYS_MAX = 5;
/** Each of its payouts is polled when the batch hands it over, or otherwise after this long. */
const PAYOUTS_WAIT_MS = HOUR_MS;

/**
 * Applies a provider's reply about a batch to the batch and to all its attempts, in one transaction. A reply that comes after another
 * caller took over is dropped: that caller asks about the same batch.
 */
export const recordBatchReply = (
  { db }: Pick<ReplyDeps, 'db'>,
  { id: batchId, callNo }: BatchCall,
  reply: BatchReply,
): Promise<void> =>
  db.transaction(async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (batch.callNo !== callNo) return;
    const state = reply.state && canBatchBecome(batch.state, reply.state) ? reply.state : batch.state;
    const refused = Object.fromEntries(reply.refused.map(({ key, reason }) => [key, reason]));
    await updateBatch(tx, batchId, {
      state,
      word: reply.providerStatus,
      reason: reply.reason,
      reference: reply.reference,
      evidence: { ...reply.evidence, ...(reply.state === 'refused' ? { refused } : {}) },
    });
    if (state !== batch.state) await moveItems(tx, batchId, state, reply);
    if (state !== batch.state && batch.state === 'unknown')
      await overtakePeopleOnBatch(tx, batchId, `${batch.gateway} says ${reply.providerStatus}`);
    await notify(tx, { ...batch, state, providerRef: reply.reference ?? batch.providerRef }, batch, reply);
  });

/** Gives the attempts the state of their batch, except those that have ended already. A refusal is recorded on each attempt separately. */
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

/** The tasks that end when the provider reports another state. */
const ENDED_BY_CHANGE = ['outcome_unknown', 'provider_approval'] as const;

async function notify(tx: Database, batch: Batch, before: Batch, { task, providerStatus }: BatchReply) {
  const subject = `batch/${batch.id}`;
  if (task) {
    const deadlineAt =
      task.kind === 'provider_approval' ? new Date(batch.readAt.getTime() + FUNDING_DAYS_MAX * DAY_MS) : null;
    const evidence = {
      gateway: batch.gateway,
      reference: batch.providerRef,
      items: batch.itemCount,
      word: providerStatus,
    };
    await openTask(tx, { ...task, subject, payoutId: null, evidence, deadlineAt });
    if (task.kind === 'outcome_unknown') await insertItemTasks(tx, batch.id, task.detail);
  } else if (batch.state !== before.state)
    for (const kind of ENDED_BY_CHANGE)
      await closeTask(
        tx,
        { kind, subject },
        { actorId: null, resolution: `The outcome is now known: ${batch.gateway} says ${providerStatus}.` },
      );
  if (batch.state === 'unknown' && before.state === 'unknown')
    await notifyOfUnknown(tx, { ...before, subject, whether: `${batch.gateway} took this batch` });
}

/**
 * Settles a refusal, which proves that no money of the batch moved: undoes the sends, fails the payouts that the provider named, and
 * freezes the others again, as new attempts in a new batch. All of it is one transaction, so that no payout is ever without either.
 */
export const settleRefusal = (deps: ReplyDeps & BatchFormingDeps, batchId: string): Promise<Formed> =>
  deps.db.transaction(async (tx) => {
    const run = await lockRun(tx, (await getBatch(tx, batchId)).runId);
    const batch = await lockBatch(tx, batchId);
    if (batch.state !== 'refused') return { batch: null, alone: null };
    const { refused, word, readAt } = readRefusal(batch);
    const items = (await lockBatchItems(tx, batchId)).filter(({ isAsked }) => isAsked);
    const reasonOf = (attemptId: string) => refused[attemptId];
    await failBatchItems(
      tx,
      items.map(({ attemptId }) => ({ attemptId, word, reason: reasonOf(attemptId) ?? 'refused with its batch' })),
    );
    await postJournals(
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
      await markInstrument(tx, payout, 'failed', reason);
      await notifyPartner(tx, payout, 'payout_failed', reason);
    }
    const others = payouts.filter(({ id }) => reasons.get(id) === undefined);
    const formed = await formBatch(deps, tx, run, others);
    await endBatch(tx, batchId);
    return formed;
  });

/**
 * Ends a batch that was frozen and for which nobody was asked, as a whole, because some of its payouts may no longer be paid or are held. The
 * former leave the run, the latter wait alone, and the others are frozen again in a new batch, all in one transaction.
 */
export const dissolveBatch = (deps: ReplyDeps & BatchFormingDeps, batchId: string): Promise<Formed> =>
  deps.db.transaction(async (tx) => {
    const run = await lockRun(tx, (await getBatch(tx, batchId)).runId);
    const batch = await lockBatch(tx, batchId);
    if (batch.state !== 'prepared') return { batch: null, alone: null };
    const items = await lockBatchItems(tx, batchId);
    await failBatch(tx, batchId, 'dissolved before it was asked');
    await dropAttempts(tx, { batchId }, 'its batch was dissolved before it was asked');
    const payouts = await listPayoutsById(
      tx,
      items.map(({ payoutId }) => payoutId),
    );
    return formBatch(deps, tx, run, payouts);
  });

/** The refused payments by their keys, which are the ids of their attempts. */
const readRefusal = ({ evidence, word, readAt }: Batch) => ({
  refused: (evidence['refused'] ?? {}) as Readonly<Record<string, string>>,
  word: word ?? 'refused',
  readAt,
});
