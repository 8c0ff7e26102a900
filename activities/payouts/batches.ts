import type { DatabasePool } from 'slonik';

import { keepGateway } from '../../db/payers/gateway-pauses.ts';
import {
  type Attempt,
  listBatchAttempts,
  saveStep,
  saveItemReferences,
  submitBatchItems,
} from '../../db/payouts/attempts.ts';
import {
  type Batch,
  claimBatch,
  closeBatchCall,
  endBatch,
  extendBatchCall,
  getBatch,
  getBatchRequest,
  isBatchHeld,
  lockBatch,
  mayResolveBatch,
  openBatchCall,
  saveBatchStep,
  setBatchDue,
  saveHandOver,
} from '../../db/payouts/batches.ts';
import { countItemsUnnamed, countItemsUnread, lockBatchItems } from '../../db/payouts/batch-items.ts';
import { takeHandOver } from '../../db/payouts/payouts.ts';
import { post } from '../../db/books/ledger.ts';
import { batchRecord, unseal } from '../../db/vault.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { lockRunShared } from '../../db/runs/runs.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { pollAfter } from '../../domain/payouts/attempt.ts';
import { type BatchState, isBatchOver, isBatchUnanswered } from '../../domain/payouts/batch.ts';
import { Failure, FAILURES } from '../../domain/errors.ts';
import { money } from '../../domain/money.ts';
import { sendPosting } from '../../domain/books/postings.ts';
import type { BatchReply, BatchGateway, BatchCallbacks, BatchSubmission } from '../../gateways/gateway.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { alarm } from '../tasks/alarms.ts';
import { recordAnswer } from './record.ts';
import { recordBatchAnswer, settleRefusal } from './record-batch.ts';
import { type BatchFormingDeps, startFormed } from './form-batches.ts';
import {
  ASK_MARGIN_MS,
  ASK_TIMEOUT_MS,
  DUE_GRACE_MS,
  HELD_WAIT_MS,
  LOOK_TIMEOUT_MS,
  type PayoutDeps,
  stopGateway,
} from './advance.ts';
import { tellOfSilentBatch } from './silence.ts';
import { submissionOf } from './submissions.ts';
import { wakePayouts } from './wake.ts';

export type BatchDeps = BatchFormingDeps &
  PayoutDeps & {
    /** How many payouts may be with their providers at once: more would only wait in the queues. */
    activePayoutsMax: number;
  };

/** What the batch's workflow learns: words, counts and a time, no amounts. */
export type BatchProgress = {
  state: BatchState;
  word: string | null;
  items: number;
  isFinal: boolean;
  waitMs: number;
};

/** Between two parts of a batch that is still being filled. */
const GO_ON_MS = 1_000;
/** Until there is room for more payouts to follow their own payments. */
const HAND_OVER_MS = 2_000;
const PAYOUTS_PER_PAGE = 200;
/** After this long the payments that a provider does not show keep the others waiting no more. */
const UNNAMED_AFTER_MS = HOUR_MS;

export const createBatchActivities = (deps: BatchDeps) => ({
  /**
   * Does the next thing for a batch: asks its provider, resolves an unclear outcome, names its payments, or lets its payouts go on
   * by themselves. Safe to repeat and to overlap: only the caller whose compare-and-set takes the batch from prepared to submitted
   * asks first, and nobody else before that call has ended.
   */
  async advanceBatch(batchId: string): Promise<BatchProgress> {
    const progress = await advance(deps, batchId);
    if (!progress.isFinal) await setBatchDue(deps.db, batchId, progress.waitMs + DUE_GRACE_MS);
    return progress;
  },
});

async function advance(deps: BatchDeps, batchId: string): Promise<BatchProgress> {
  try {
    const batch = await getBatch(deps.db, batchId);
    await NEXT[batch.state](deps, batch);
    return await progressOf(deps, batchId);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return hinder(deps, batchId, error);
  }
}

const nothing = async (): Promise<void> => undefined;

/** What is next, by where a batch is. */
const NEXT: Record<BatchState, (deps: BatchDeps, batch: Batch) => Promise<void>> = {
  prepared: ask,
  submitted: ask,
  unknown: ask,
  needs_person: look,
  accepted: follow,
  refused: async (deps, batch) => startFormed(deps, await settleRefusal(deps, batch.id)),
  done: nothing,
  failed: nothing,
};

/** Nobody could be asked, and nothing was lost: says so to whoever can mend it, and when to try again. */
async function hinder(deps: BatchDeps, batchId: string, failure: Failure): Promise<BatchProgress> {
  const { gateway } = await getBatch(deps.db, batchId);
  const { retryable } = FAILURES[failure.code];
  if (failure.code === 'gateway_refused') await stopGateway(deps.db, gateway, failure.message);
  else if (retryable) await tellOfSilentBatch(deps, batchId, failure);
  else await deps.db.transaction((tx) => alarm(tx, 'batch_stuck', `batch/${batchId}`, failure.message));
  const progress = await progressOf(deps, batchId);
  return { ...progress, waitMs: retryable ? (retryAfterMs(failure) ?? progress.waitMs) : HELD_WAIT_MS };
}

async function ask(deps: BatchDeps, batch: Batch): Promise<void> {
  if (batch.state === 'unknown' && (await endAsDecided(deps, batch))) return;
  if (await claim(deps, batch)) await recordBatchAnswer(deps, batch.id, await askAlone(deps, batch));
}

/**
 * Takes the right to ask, the first time with all its attempts and the journals of all sends, unless the run or the gateway is
 * paused. Resolving needs it too: it may repeat the request, so that money could move in a pause.
 */
const claim = ({ db, askTimeoutMs = ASK_TIMEOUT_MS }: BatchDeps, { id, state, gateway }: Batch): Promise<boolean> =>
  db.transaction(async (tx) => {
    await keepGateway(tx, gateway); // it takes seconds: whoever pauses gateway or run meanwhile waits, and knows what was asked
    const batch = await lockBatch(tx, id);
    await lockRunShared(tx, batch.runId);
    if (batch.state !== state || (await isBatchHeld(tx, batch))) return false;
    if (state === 'prepared') {
      await claimBatch(tx, id);
      const items = await lockBatchItems(tx, id);
      await submitBatchItems(tx, id);
      await post(
        tx,
        items.map((paid) => sendPosting(paid, batch.readAt)),
      );
    } else if (!(await mayResolveBatch(tx, id))) return false;
    await openBatchCall(tx, id, askTimeoutMs);
    return true;
  });

/** The one call that asks, or goes on asking. However it ends, it has ended: from then on nobody else's can be overtaken by it. */
async function askAlone(deps: BatchDeps, { id, state }: Batch): Promise<BatchReply | null> {
  const { askTimeoutMs = ASK_TIMEOUT_MS } = deps;
  if (!(await extendBatchCall(deps.db, id, askTimeoutMs))) return null;
  const signal = AbortSignal.timeout(askTimeoutMs - ASK_MARGIN_MS);
  const batch = await getBatch(deps.db, id);
  const { submit, resolve } = batchesOf(deps, batch);
  try {
    const submission = await batchSubmissionOf(deps, batch);
    return await (state === 'prepared' ? submit : resolve)(submission, handsFor(deps, batch), signal);
  } finally {
    await closeBatchCall(deps.db, id);
  }
}

/** Nobody knows what became of the batch, but two people have said of each of its payments what became of that. */
const endAsDecided = ({ db }: BatchDeps, { id }: Batch): Promise<boolean> =>
  db.transaction(async (tx) => {
    if (!(await endBatch(tx, id))) return false;
    const about = { kind: 'outcome_unknown', subject: `batch/${id}` } as const;
    await closeTask(tx, about, { actorId: null, resolution: 'two people decided about each of its payments' });
    return true;
  });

/** A person was asked to do something at the provider's: have they? */
async function look(deps: BatchDeps, batch: Batch): Promise<void> {
  const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
  const submission = await batchSubmissionOf(deps, batch);
  const answer = await batchesOf(deps, batch).read(submission, handsFor(deps, batch), signal);
  if (answer.state) await recordBatchAnswer(deps, batch.id, answer);
}

/** Names the payments of an accepted batch, and then lets each payout follow its own, page by page. */
async function follow(deps: BatchDeps, batch: Batch): Promise<void> {
  const { db } = deps;
  if ((await countItemsUnnamed(db, batch.id)) > 0) {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    await batchesOf(deps, batch).name(await batchSubmissionOf(deps, batch), handsFor(deps, batch), signal);
  }
  const unnamed = await countItemsUnnamed(db, batch.id);
  if (unnamed > 0) {
    if (batch.readAt.getTime() - batch.stateAt.getTime() < UNNAMED_AFTER_MS) return;
    const detail = `${batch.gateway} took this batch and does not show ${unnamed} of its ${batch.itemCount} payments; it is read again.`;
    await db.transaction((tx) => alarm(tx, 'batch_incomplete', `batch/${batch.id}`, detail));
  }
  if ((await handOver(deps, batch)) && unnamed === 0) await endBatch(db, batch.id);
}

/** True when every payout was told to follow its own payment. Stops where more would only wait in the queues. */
async function handOver({ db, temporal, activePayoutsMax }: BatchDeps, { id }: Batch): Promise<boolean> {
  for (;;) {
    const room = Math.min(activePayoutsMax - (await countItemsUnread(db, id)), PAYOUTS_PER_PAGE);
    if (room <= 0) return false;
    const payouts = await takeHandOver(db, id, room);
    const last = payouts.at(-1);
    if (!last) return true;
    await wakePayouts(temporal, payouts);
    await saveHandOver(db, id, last.id);
  }
}

function batchesOf({ gateways }: BatchDeps, { id, gateway }: Batch): BatchGateway {
  const { batches } = gateways[gateway];
  if (!batches) throw new TypeError(`batch ${id} is of ${gateway}, which sends none`);
  return batches;
}

const batchSubmissionOf = async ({ db, vault }: BatchDeps, batch: Batch): Promise<BatchSubmission> => ({
  key: batch.providerKey,
  request: unseal(vault, batchRecord(batch.id), await getBatchRequest(db, batch.id)),
  reference: batch.providerRef,
  step: batch.step,
  submittedAt: batch.submittedAt,
  total: money(batch.totalMinor, batch.currency),
  itemCount: batch.itemCount,
});

/** What the gateway may have done in the database on its way; each is committed at once. */
function handsFor(deps: BatchDeps, { id }: Batch): BatchCallbacks {
  const { db } = deps;
  let known = new Map<string, Attempt>();
  const attemptOf = (key: string): Attempt => {
    const attempt = known.get(key);
    if (!attempt) throw new TypeError(`batch ${id} holds no payment ${key}`);
    return attempt;
  };
  return {
    save: async (step, reference) => void (await saveBatchStep(db, id, step, reference)),
    async items() {
      const attempts = await listBatchAttempts(db, id);
      known = new Map(attempts.map((attempt) => [attempt.providerKey, attempt]));
      return attempts.map((attempt) => submissionOf(deps, attempt));
    },
    saveItem: async (key, step, reference) => void (await saveStep(db, attemptOf(key).id, step, reference)),
    recordItem: (key, answer) => recordAnswer(deps, attemptOf(key), answer),
    nameItems: async (items) => void (await saveItemReferences(db, id, items)),
  };
}

/** Where a batch is now, and when to look again. */
async function progressOf({ db, firstPollMs }: BatchDeps, batchId: string): Promise<BatchProgress> {
  const batch = await getBatch(db, batchId);
  const isHeld = isBatchUnanswered(batch.state) && (await isBatchHeld(db, batch));
  return {
    state: batch.state,
    word: batch.word,
    items: batch.itemCount,
    isFinal: isBatchOver(batch.state),
    waitMs: isHeld ? HELD_WAIT_MS : await waitFor(db, batch, firstPollMs),
  };
}

async function waitFor(db: DatabasePool, batch: Batch, firstPollMs: number): Promise<number> {
  const now = batch.readAt.getTime();
  const ageMs = now - batch.stateAt.getTime();
  if (batch.state === 'accepted')
    return (await countItemsUnnamed(db, batch.id)) > 0
      ? pollAfter('unknown', ageMs, firstPollMs)
      : Math.min(HAND_OVER_MS, firstPollMs);
  if (batch.state === 'needs_person') return pollAfter('needs_person', ageMs, firstPollMs);
  const goOnMs = pollAfter(
    'submitted',
    ageMs,
    Math.min(batch.state === 'unknown' ? firstPollMs : GO_ON_MS, firstPollMs),
  );
  return Math.max(goOnMs, (batch.submitDeadlineAt?.getTime() ?? now) - now);
}
