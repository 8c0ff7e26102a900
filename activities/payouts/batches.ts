import type { DatabasePool } from 'slonik';

import { pauseRefusingGateway } from '../../commands/payouts/refusals.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { countItemsUnnamed, countItemsUnread } from '../../db/payouts/batch-items.ts';
import {
  type Batch,
  endBatch,
  getBatch,
  isBatchHeld,
  saveHandOver,
  setBatchDue,
  waitForBatchResume,
} from '../../db/payouts/batches.ts';
import { takeHandOver } from '../../db/payouts/payouts.ts';
import { insertItemTasks } from '../../db/tasks/tasks.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { Failure, FAILURES } from '../../domain/errors.ts';
import { pollAfter } from '../../domain/payouts/attempt.ts';
import { type BatchState, isBatchOver, isBatchUnanswered } from '../../domain/payouts/batch.ts';
import { BATCH_ENDINGS } from '../../domain/payouts/ending.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { DUE_GRACE_MS, HELD_WAIT_MS, type PayoutDeps } from './advance.ts';
import { askForBatch, nameItems, pollBatch } from './ask-batch.ts';
import { type BatchFormingDeps, startFormed } from './form-batches.ts';
import { settleRefusal } from './record-batch.ts';
import { notifyOfSilentBatch } from './silence.ts';
import { type NoteStep, openSteps, type Step } from './steps.ts';
import { wakePayouts } from './wake.ts';

export type BatchDeps = BatchFormingDeps &
  PayoutDeps & {
    /** How many payouts may be with their providers at once: more would only wait in the queues. */
    activePayoutsMax: number;
  };

type BatchPosition = {
  state: BatchState;
  providerStatus: string | null;
  items: number;
  isFinal: boolean;
  /** Whether a pause holds it back. */
  isHeld: boolean;
  waitMs: number;
};

/** The reply to the batch's workflow: statuses, a count, a time and the steps that were taken, but no amounts. */
export type BatchProgress = BatchPosition & { steps: readonly Step[] };

/** The wait between two parts of a batch that is still being filled. */
const GO_ON_MS = 1_000;
/** The wait until there is room for more payouts to follow their own payments. */
const HAND_OVER_MS = 2_000;
const PAYOUTS_PER_PAGE = 200;
/** After this long, payments that a provider does not show no longer hold up the others. */
const UNNAMED_AFTER_MS = HOUR_MS;

export const createBatchActivities = (deps: BatchDeps) => ({
  /**
   * Does the next thing for a batch: asks its provider, resolves an unclear outcome, names its payments, or hands its payouts over
   * to follow their own payments. Safe to repeat and to overlap: only the caller whose compare-and-set takes the batch from
   * prepared to submitted asks first, and no other caller asks before that call has ended.
   */
  async advanceBatch(batchId: string): Promise<BatchProgress> {
    const { steps, note } = openSteps();
    const position = await advance(deps, batchId, note);
    if (!position.isFinal)
      await (position.isHeld ? waitForBatchResume : setBatchDue)(deps.db, batchId, position.waitMs + DUE_GRACE_MS);
    return { ...position, steps };
  },
});

async function advance(deps: BatchDeps, batchId: string, note: NoteStep): Promise<BatchPosition> {
  try {
    const batch = await getBatch(deps.db, batchId);
    await NEXT[batch.state](deps, batch, note);
    return await positionOf(deps, batchId);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`the next step failed: ${error.code}`);
    return reportStuck(deps, batchId, error);
  }
}

const nothing = async (): Promise<void> => undefined;

/** The next step of a batch, by its state. */
const NEXT: Record<BatchState, (deps: BatchDeps, batch: Batch, note: NoteStep) => Promise<void>> = {
  prepared: askForBatch,
  submitted: askForBatch,
  unknown: askForBatch,
  needs_person: pollBatch,
  accepted: follow,
  async refused(deps, batch, note) {
    await startFormed(deps, await settleRefusal(deps, batch.id));
    note('the refusal was settled, and the payouts that were not refused are frozen again');
  },
  done: nothing,
  failed: nothing,
};

/** No provider could be asked, and nothing was lost: tells the people who can fix it, and the workflow when to try again. */
async function reportStuck(deps: BatchDeps, batchId: string, failure: Failure): Promise<BatchPosition> {
  const { gateway } = await getBatch(deps.db, batchId);
  const { retryable } = FAILURES[failure.code];
  if (failure.code === 'gateway_refused') await pauseRefusingGateway(deps.db, gateway, failure.message);
  else if (retryable) await notifyOfSilentBatch(deps, batchId, failure);
  else await deps.db.transaction((tx) => raiseAlarm(tx, 'batch_stuck', `batch/${batchId}`, failure.message));
  const position = await positionOf(deps, batchId);
  return { ...position, waitMs: retryable ? (retryAfterMs(failure) ?? position.waitMs) : HELD_WAIT_MS };
}

const notShown = (gateway: GatewayName): string =>
  `${gateway} took the batch of this payment but does not show this payment. Nothing was sent again. Ask ${gateway} what became of it, then propose the outcome with evidence.`;

/** Names the payments of an accepted batch, and then hands its payouts over, page by page, to follow their own payments. */
async function follow(deps: BatchDeps, batch: Batch, note: NoteStep): Promise<void> {
  const { db } = deps;
  const isIncomplete = (await countItemsUnnamed(db, batch.id)) > 0;
  if (isIncomplete) await nameItems(deps, batch);
  const unnamed = await countItemsUnnamed(db, batch.id);
  if (isIncomplete) note(`${batch.gateway} shows ${batch.itemCount - unnamed} of ${batch.itemCount} payments`);
  if (unnamed > 0) {
    const ageMs = batch.readAt.getTime() - batch.stateAt.getTime();
    if (ageMs < UNNAMED_AFTER_MS) return;
    const detail = `${batch.gateway} took this batch but does not show ${unnamed} of its ${batch.itemCount} payments. The batch is read again.`;
    const isOverdue = ageMs > (BATCH_ENDINGS.accepted.asked?.afterMs ?? 0);
    await db.transaction(async (tx) => {
      await raiseAlarm(tx, 'batch_incomplete', `batch/${batch.id}`, detail);
      if (isOverdue) await insertItemTasks(tx, batch.id, notShown(batch.gateway));
    });
  }
  if ((await handOver(deps, batch, note)) && unnamed === 0) await endBatch(db, batch.id);
}

/** Wakes payouts to follow their own payments. True when it has woken them all. Stops where more would only wait in the queues. */
async function handOver(
  { db, temporal, activePayoutsMax }: BatchDeps,
  { id }: Batch,
  note: NoteStep,
): Promise<boolean> {
  for (;;) {
    const room = Math.min(activePayoutsMax - (await countItemsUnread(db, id)), PAYOUTS_PER_PAGE);
    if (room <= 0) return false;
    const payouts = await takeHandOver(db, id, room);
    const last = payouts.at(-1);
    if (!last) return true;
    await wakePayouts(temporal, payouts);
    await saveHandOver(db, id, last.id);
    note(`${payouts.length} payouts now follow their own payments`);
  }
}

/** Where a batch is now, and when to poll next. */
async function positionOf({ db, firstPollMs }: BatchDeps, batchId: string): Promise<BatchPosition> {
  const batch = await getBatch(db, batchId);
  const isHeld = isBatchUnanswered(batch.state) && (await isBatchHeld(db, batch));
  return {
    state: batch.state,
    providerStatus: batch.word,
    items: batch.itemCount,
    isFinal: isBatchOver(batch.state),
    isHeld,
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
