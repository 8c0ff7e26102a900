import { postJournals } from '../../db/books/ledger.ts';
import { lockGatewayShared } from '../../db/payers/gateway-pauses.ts';
import {
  type Attempt,
  listBatchAttempts,
  saveItemReferences,
  saveStep,
  submitBatchItems,
} from '../../db/payouts/attempts.ts';
import { lockBatchItems } from '../../db/payouts/batch-items.ts';
import {
  type Batch,
  claimBatch,
  closeBatchCall,
  endBatch,
  extendBatchCall,
  getBatchRequest,
  isBatchHeld,
  lockBatch,
  mayResolveBatch,
  openBatchCall,
  saveBatchStep,
} from '../../db/payouts/batches.ts';
import { listPayoutsById } from '../../db/payouts/payouts.ts';
import { getRun, lockRunShared } from '../../db/runs/runs.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { batchRecord, unseal } from '../../db/vault.ts';
import { sendPosting } from '../../domain/books/postings.ts';
import { money } from '../../domain/money.ts';
import type { BatchCallbacks, BatchGateway, BatchSubmission } from '../../gateways/gateway.ts';
import { ASK_MARGIN_MS, ASK_TIMEOUT_MS, type AskDeps, overtaken, POLL_TIMEOUT_MS } from './ask.ts';
import { recordReply } from './record.ts';
import { type BatchFormingDeps, startFormed } from './form-batches.ts';
import { askLastQuestion } from './last-question.ts';
import { dissolveBatch, recordBatchReply } from './record-batch.ts';
import type { NoteStep } from './steps.ts';
import { submissionOf } from './submissions.ts';

type AskBatchDeps = AskDeps & BatchFormingDeps;

/** Asks the provider for a batch, or resolves an unclear outcome, and records the reply. */
export async function askForBatch(deps: AskBatchDeps, batch: Batch, note: NoteStep): Promise<void> {
  if (batch.state === 'unknown' && (await endAsDecided(deps, batch))) {
    note('ended, because two people decided about each of its payments');
    return;
  }
  const claimed = await claim(deps, batch);
  if (claimed === 'outdated') {
    await startFormed(deps, await dissolveBatch(deps, batch.id));
    note(
      'dissolved before it was asked, because some of its payouts may no longer be paid or are held; the others are frozen again',
    );
  } else if (claimed !== 'not now') await askAlone(deps, claimed, batch.state === 'prepared', note);
}

/**
 * Takes the right to ask, the first time with all its attempts and the journals of all sends, unless the run or the gateway is
 * paused. Resolving needs it too: it may repeat the request, so that money could move in a pause. A batch is outdated if one of its
 * payouts may no longer be paid or is held, because a pause may have kept it waiting for days. Returns the batch with all that earlier
 * callers learned.
 */
const claim = (
  { db, askTimeoutMs = ASK_TIMEOUT_MS }: AskBatchDeps,
  { id, runId, state, gateway }: Batch,
): Promise<Batch | 'outdated' | 'not now'> =>
  db.transaction(async (tx) => {
    await lockGatewayShared(tx, gateway); // this takes seconds: a pause of the gateway or run waits, and then knows what was asked
    await lockRunShared(tx, runId);
    const batch = await lockBatch(tx, id);
    if (batch.state !== state || (await isBatchHeld(tx, batch))) return 'not now';
    if (state === 'prepared') {
      const items = await lockBatchItems(tx, id);
      const payouts = await listPayoutsById(
        tx,
        items.map(({ payoutId }) => payoutId),
      );
      const { owed, cuts } = await askLastQuestion(tx, await getRun(tx, runId), payouts);
      if (cuts.length > 0 || payouts.some(({ heldAt }) => heldAt)) return 'outdated';
      await claimBatch(tx, id);
      await submitBatchItems(tx, id, owed);
      await postJournals(
        tx,
        items.map((paid) => sendPosting(paid, batch.readAt)),
      );
    } else if (!(await mayResolveBatch(tx, id))) return 'not now';
    return openBatchCall(tx, id, askTimeoutMs);
  });

/**
 * The one call that asks, or continues to ask. Its time runs from before the extension, so it ends before another caller may ask. Its reply
 * is recorded first, so that the next caller knows what it learned.
 */
async function askAlone(deps: AskBatchDeps, batch: Batch, isFirst: boolean, note: NoteStep): Promise<void> {
  const { askTimeoutMs = ASK_TIMEOUT_MS } = deps;
  const signal = AbortSignal.timeout(askTimeoutMs - ASK_MARGIN_MS);
  if (!(await extendBatchCall(deps.db, batch, askTimeoutMs))) return;
  const { submit, resolve } = batchesOf(deps, batch);
  try {
    const submission = await batchSubmissionOf(deps, batch);
    note(isFirst ? 'asked' : 'asked again under the same key');
    const reply = await (isFirst ? submit : resolve)(submission, callbacksFor(deps, batch), signal);
    await recordBatchReply(deps, batch, reply);
    note(`${batch.gateway} replied ${reply.providerStatus}`);
  } finally {
    await closeBatchCall(deps.db, batch);
  }
}

/** Ends a batch whose outcome is unknown, if two people have decided about each of its payments. */
const endAsDecided = ({ db }: AskBatchDeps, { id }: Batch): Promise<boolean> =>
  db.transaction(async (tx) => {
    if (!(await endBatch(tx, id))) return false;
    const about = { kind: 'outcome_unknown', subject: `batch/${id}` } as const;
    await closeTask(tx, about, { actorId: null, resolution: 'Two people decided about each of its payments.' });
    return true;
  });

/** Polls a batch for which a person was asked to do something at the provider's site. */
export async function pollBatch(deps: AskBatchDeps, batch: Batch, note: NoteStep): Promise<void> {
  const signal = AbortSignal.timeout(POLL_TIMEOUT_MS);
  const submission = await batchSubmissionOf(deps, batch);
  const reply = await batchesOf(deps, batch).read(submission, callbacksFor(deps, batch), signal);
  note(`${batch.gateway} replied ${reply.providerStatus}`);
  if (reply.state) await recordBatchReply(deps, batch, reply);
}

/** Names the payments of an accepted batch, as many as the provider shows so far. */
export async function nameItems(deps: AskBatchDeps, batch: Batch): Promise<void> {
  const signal = AbortSignal.timeout(POLL_TIMEOUT_MS);
  await batchesOf(deps, batch).name(await batchSubmissionOf(deps, batch), callbacksFor(deps, batch), signal);
}

function batchesOf({ gateways }: AskBatchDeps, { id, gateway }: Batch): BatchGateway {
  const { batches } = gateways[gateway];
  if (!batches) throw new TypeError(`batch ${id} is of ${gateway}, which sends none`);
  return batches;
}

const batchSubmissionOf = async ({ db, vault }: AskBatchDeps, batch: Batch): Promise<BatchSubmission> => ({
  key: batch.providerKey,
  request: unseal(vault, batchRecord(batch.id), await getBatchRequest(db, batch.id)),
  reference: batch.providerRef,
  step: batch.step,
  submittedAt: batch.submittedAt,
  total: money(batch.totalMinor, batch.currency),
  itemCount: batch.itemCount,
});

/** The gateway may read and change only this in the database while it works on a batch. Each change is committed at once. */
function callbacksFor(deps: AskBatchDeps, batch: Batch): BatchCallbacks {
  const { db } = deps;
  const { id } = batch;
  let known = new Map<string, Attempt>();
  const attemptOf = (key: string): Attempt => {
    const attempt = known.get(key);
    if (!attempt) throw new TypeError(`batch ${id} holds no payment ${key}`);
    return attempt;
  };
  return {
    async save(step, reference) {
      if (!(await saveBatchStep(db, batch, step, reference))) throw overtaken(`batch ${id}`);
    },
    async items() {
      const attempts = await listBatchAttempts(db, id);
      known = new Map(attempts.map((attempt) => [attempt.providerKey, attempt]));
      return attempts.map((attempt) => submissionOf(deps, attempt));
    },
    saveItem: async (key, step, reference) => void (await saveStep(db, attemptOf(key), step, reference)),
    recordItem: (key, reply) => recordReply(deps, attemptOf(key), reply),
    nameItems: async (items) => void (await saveItemReferences(db, id, items)),
  };
}
