import type { DatabasePool } from 'slonik';

import { pauseGateway } from '../../commands/payers/gateway-pauses.ts';
import { keepGateway } from '../../db/payers/gateway-pauses.ts';
import {
  type Attempt,
  claimSubmit,
  claimResolve,
  closeSubmit,
  countAttempts,
  findDeniedAttempt,
  findLiveAttempt,
  insertAttempts,
  saveStep,
} from '../../db/payouts/attempts.ts';
import { registerCheck } from '../../db/checks/accounts.ts';
import { takeCheckNumber } from '../../commands/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import { post } from '../../db/books/ledger.ts';
import { attemptRecord, seal, type VaultKeys } from '../../db/vault.ts';
import { listPaymentDetails, type PaymentDetails } from '../../db/payouts/payment-orders.ts';
import {
  getPayout,
  holdPayout,
  lockPayout,
  type Payout,
  setPayoutDue,
  updatePayout,
  whyNotSubmit,
} from '../../db/payouts/payouts.ts';
import { getRun, type Run } from '../../db/runs/runs.ts';
import { sha256 } from '../../domain/canonical.ts';
import { rejectedDetail } from '../../domain/payouts/advice.ts';
import { type AttemptState, isAttemptFinal, pollAfter, type ReturnWindows } from '../../domain/payouts/attempt.ts';
import { isByCheck } from '../../domain/checks/check.ts';
import { Failure, FAILURES } from '../../domain/errors.ts';
import { providerKey } from '../../domain/ids.ts';
import { money } from '../../domain/money.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { isPayoutFinal, type PayoutStatus } from '../../domain/payouts/payout.ts';
import { sendPosting } from '../../domain/books/postings.ts';
import type { Reply, Destination, Gateways, PayerAccount } from '../../gateways/gateway.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { alarm } from '../tasks/alarms.ts';
import { type AnswerDeps, paidBy, recordAnswer, tellPartner } from './record.ts';
import { lookAfterCheck, stopIfAsked } from './check-stops.ts';
import { applyResolution } from './resolutions.ts';
import { tellOfSilentPayout } from './silence.ts';
import { submissionOf } from './submissions.ts';

export type PayoutDeps = AnswerDeps & {
  gateways: Gateways;
  vault: VaultKeys;
  /** The shortest time between two looks at a provider, in milliseconds. */
  firstPollMs: number;
  /** How long asking a provider may take with all its calls, in milliseconds; two minutes at most, less a margin. */
  askTimeoutMs?: number;
};

/** What the payout's workflow learns: words and a time, no amounts. */
export type PayoutProgress = {
  status: PayoutStatus;
  state: AttemptState | null;
  word: string | null;
  isFinal: boolean;
  /** A pause holds it back. */
  isHeld: boolean;
  waitMs: number;
};

/** Ends before the activity's own time-out (2 minutes), so that no call outlives whoever could replace it. */
export const ASK_TIMEOUT_MS = 105_000;
/** A call ends this long before others may go on, whatever it cost to begin it. */
export const ASK_MARGIN_MS = 250;
export const LOOK_TIMEOUT_MS = 90_000;
/** Only a person ends these waits, whose resume makes its payouts due at once, or a batch, which wakes its own. */
export const HELD_WAIT_MS = 600_000;
export const DUE_GRACE_MS = 60_000;

export const createPayoutActivities = (deps: PayoutDeps) => ({
  /**
   * Does the next thing for a payout: freezes its request, asks its provider once, resolves an unclear outcome, or reads the
   * provider's object again. Safe to repeat and to overlap: only the caller whose compare-and-set takes the attempt from
   * prepared to submitted asks; everybody else looks up by the stored key.
   */
  async advancePayout(payoutId: string): Promise<PayoutProgress> {
    const progress = await advance(deps, payoutId);
    const { isFinal, isHeld, waitMs } = progress;
    if (!isFinal) await (isHeld ? holdPayout : setPayoutDue)(deps.db, payoutId, waitMs + DUE_GRACE_MS);
    return progress;
  },
});

async function advance(deps: PayoutDeps, payoutId: string): Promise<PayoutProgress> {
  try {
    if (await applyResolution(deps, payoutId)) return await progressOf(deps, payoutId);
    const attempt =
      (await findLiveAttempt(deps.db, payoutId)) ??
      (await prepareAttempt(deps, payoutId)) ??
      (await findDeniedAttempt(deps.db, payoutId));
    if (attempt) await stopIfAsked(deps, attempt);
    const answer = attempt && (await ask(deps, attempt));
    if (attempt && answer) await recordAnswer(deps, attempt, answer);
    if (attempt) await lookAfterCheck(deps, attempt);
    return await progressOf(deps, payoutId);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return hinder(deps, payoutId, error);
  }
}

/** Nobody could be asked, and nothing was lost: says so to whoever can mend it, and when to try again. */
async function hinder(deps: PayoutDeps, payoutId: string, failure: Failure): Promise<PayoutProgress> {
  const { gateway } = await getPayout(deps.db, payoutId);
  const { retryable } = FAILURES[failure.code];
  if (failure.code === 'gateway_refused') await stopGateway(deps.db, gateway, failure.message);
  else if (retryable) await tellOfSilentPayout(deps, payoutId, failure);
  else await deps.db.transaction((tx) => alarm(tx, 'payout_stuck', `payout/${payoutId}`, failure.message));
  const progress = await progressOf(deps, payoutId);
  return { ...progress, waitMs: retryable ? (retryAfterMs(failure) ?? progress.waitMs) : HELD_WAIT_MS };
}

/** Writes down what will be asked, before anybody is asked; null where the payout needs nobody to be asked. */
async function prepareAttempt(deps: PayoutDeps, payoutId: string): Promise<Attempt | null> {
  try {
    return await deps.db.transaction((tx) => freezeAttempt(deps, tx, payoutId));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'recipient_rejected') throw error;
    await deps.db.transaction((tx) => failUnasked(tx, payoutId, error));
    return null;
  }
}

async function freezeAttempt(deps: PayoutDeps, tx: Database, payoutId: string): Promise<Attempt | null> {
  const payout = await lockPayout(tx, payoutId);
  if (payout.status !== 'approved' && payout.status !== 'executing') return null;
  const existing = await findLiveAttempt(tx, payoutId);
  if (existing) return existing;
  const run = await getRun(tx, payout.runId);
  if (run.status !== 'disbursing' && run.status !== 'disbursed') return null;
  if (payout.status === 'approved') await updatePayout(tx, payout.id, 'executing', null);

  const attemptNo = ((await countAttempts(tx, [payout.id])).get(payout.id) ?? 0) + 1;
  const check = isByCheck(payout.gateway) ? await takeCheckNumber(tx, payout.payerId) : null;
  const details = (await listPaymentDetails(tx, deps.vault, [payout.id])).get(payout.id)?.();
  if (!details) throw new TypeError(`payout ${payout.id} has no details`);
  const { attempt } = freezeOne(deps, { payout, run, attemptNo, details, checkNumber: check?.number ?? null });
  await insertAttempts(tx, [{ ...attempt, batchId: null }]);
  if (check) await registerCheck(tx, check, attempt.id);
  return findLiveAttempt(tx, payoutId);
}

type Freezing = {
  payout: Payout;
  run: Pick<Run, 'payOn'>;
  attemptNo: number;
  details: PaymentDetails;
  checkNumber: bigint | null;
};

/** Makes the exact bytes that will be sent for one payout, and the attempt that keeps them sealed. */
export function freezeOne(
  { gateways, vault }: Pick<PayoutDeps, 'gateways' | 'vault'>,
  { payout, run, attemptNo, details, checkNumber }: Freezing,
) {
  const id = providerKey(payout.id, attemptNo);
  const request = gateways[payout.gateway].freeze({
    key: id,
    payoutId: payout.id,
    amount: money(payout.net, payout.currency),
    destination: details.destination as Destination,
    account: details.account as PayerAccount,
    reference: payout.periodEnd.replaceAll('-', ''),
    checkNumber,
    payerName: details.payerName,
    payerAddress: details.payerAddress,
    paidOn: run.payOn,
  });
  const attempt = {
    id,
    payoutId: payout.id,
    attemptNo,
    gateway: payout.gateway,
    providerKey: id,
    currency: payout.currency,
    minor: payout.net,
    checkNumber,
    requestSealed: seal(vault, attemptRecord(id), request),
    requestHash: sha256(request),
  };
  return { attempt, request };
}

/** Which detail cannot be used; never the detail itself. */
const reasonOf = ({ details: [detail], message }: Failure): string =>
  detail ? rejectedDetail(detail.field, detail.reason) : message;

/** The details cannot be paid to, and nobody was asked: the payout fails, its lines are free, its partner hears why. */
export async function failUnasked(tx: Database, payoutId: string, failure: Failure): Promise<void> {
  const reason = reasonOf(failure);
  const payout = await lockPayout(tx, payoutId);
  if (payout.status === 'approved') await updatePayout(tx, payoutId, 'executing', null);
  await updatePayout(tx, payoutId, 'failed', reason);
  await tellPartner(tx, payout, 'payout_failed', reason);
}

/** Asks the provider whatever is next; undefined where nobody may be asked now. */
async function ask(deps: PayoutDeps, attempt: Attempt): Promise<Reply | undefined> {
  if (waitsForBatch(attempt)) return undefined;
  if (!isUnanswered(attempt.state))
    return deps.gateways[attempt.gateway].read(submissionOf(deps, attempt), AbortSignal.timeout(LOOK_TIMEOUT_MS));
  const signal = AbortSignal.timeout((deps.askTimeoutMs ?? ASK_TIMEOUT_MS) - ASK_MARGIN_MS);
  if ((await claim(deps, attempt)) && !signal.aborted) return askAlone(deps, attempt, signal);
  return undefined; // paused, too late, or somebody else is asking: the next look resolves what came of it
}

/**
 * Takes the right to ask, the first time with the send's journal, unless the run or the gateway is paused. Resolving needs it
 * too: it may repeat the request, so that money could move in a pause.
 */
const claim = ({ db, askTimeoutMs = ASK_TIMEOUT_MS }: PayoutDeps, attempt: Attempt): Promise<boolean> =>
  db.transaction(async (tx) => {
    await keepGateway(tx, attempt.gateway);
    const payout = await lockPayout(tx, attempt.payoutId);
    if (await whyNotSubmit(tx, payout)) return false;
    if (attempt.state !== 'prepared') return claimResolve(tx, attempt.id, askTimeoutMs);
    if (!(await claimSubmit(tx, attempt.id, askTimeoutMs))) return false;
    await post(tx, [sendPosting(paidBy(payout, attempt), attempt.readAt)]);
    return true;
  });

/** The one call that asks. Its time runs from before the claim: it ends before others may ask, however long the commit took. */
async function askAlone(deps: PayoutDeps, attempt: Attempt, signal: AbortSignal): Promise<Reply> {
  const { submit, resolve } = deps.gateways[attempt.gateway];
  const isFirst = attempt.state === 'prepared';
  const submission = submissionOf(deps, isFirst ? { ...attempt, submittedAt: attempt.readAt } : attempt);
  try {
    return await (isFirst ? submit : resolve)(submission, saver(deps, attempt), signal);
  } finally {
    if (!signal.aborted) await closeSubmit(deps.db, attempt.id); // else the deadline is near, and the next one may be another's
  }
}

const saver =
  ({ db }: PayoutDeps, attempt: Attempt) =>
  async (step: string, reference: string | null): Promise<void> => {
    await saveStep(db, attempt.id, step, reference);
  };

/** The provider refuses us as a whole: one alarm and a pause, not a failure for every payout. */
export const stopGateway = (db: DatabasePool, gateway: GatewayName, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await pauseGateway(tx, gateway, reason, null))) return;
    const detail = `${reason} The gateway is paused; resume it when that is mended.`;
    await alarm(tx, 'gateway_refused', `gateway/${gateway}`, detail);
  });

/** Where a payout is now, and when to look again. */
async function progressOf({ db, returnWindows, firstPollMs }: PayoutDeps, payoutId: string): Promise<PayoutProgress> {
  const payout = await getPayout(db, payoutId);
  const attempt = await findLiveAttempt(db, payoutId);
  const state = attempt?.state ?? null;
  const isFinal = isPayoutFinal(payout.status) && (state === null || isAttemptFinal(state));
  const isBatched = attempt !== null && waitsForBatch(attempt);
  const isHeld = !isFinal && !isBatched && isUnanswered(state) && (await whyNotSubmit(db, payout)) !== undefined;
  const waitMs = isBatched ? HELD_WAIT_MS : attempt ? waitFor(attempt, returnWindows, firstPollMs) : firstPollMs;
  return {
    status: payout.status,
    state,
    word: attempt?.word ?? null,
    isFinal,
    isHeld,
    waitMs: isHeld ? HELD_WAIT_MS : waitMs,
  };
}

/** It is asked for with its batch, never by itself, and is followed once the batch has named it. */
const waitsForBatch = ({ batchId, state, providerRef }: Attempt): boolean =>
  batchId !== null && (isUnanswered(state) || providerRef === null);

/** Its provider has not been asked, or has not answered. */
const isUnanswered = (state: AttemptState | null): boolean =>
  state === null || state === 'prepared' || state === 'submitted' || state === 'unknown';

function waitFor(attempt: Attempt, returnWindows: ReturnWindows, firstPollMs: number): number {
  const now = attempt.readAt.getTime();
  const ageMs = now - attempt.stateAt.getTime();
  const pollMs = pollAfter(attempt.state, ageMs, firstPollMs);
  const windowMs = attempt.state === 'sent' ? returnWindows[attempt.gateway] : null;
  if (windowMs !== null) return Math.max(Math.min(pollMs, windowMs - ageMs), 1);
  const deadlineMs = isUnanswered(attempt.state) ? (attempt.submitDeadlineAt?.getTime() ?? now) - now : 0;
  return Math.max(pollMs, deadlineMs);
}
