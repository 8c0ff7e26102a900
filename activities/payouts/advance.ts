import { findDeniedAttempt, findLiveAttempt, type Attempt } from '../../db/payouts/attempts.ts';
import { getPayout, setPayoutDue, waitForResume } from '../../db/payouts/payouts.ts';
import { whyNotSubmit } from '../../db/payouts/waits.ts';
import { pauseRefusingGateway } from '../../commands/payouts/refusals.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { Failure, FAILURES } from '../../domain/errors.ts';
import {
  type AttemptState,
  isAttemptFinal,
  lastReplyAt,
  pollAfter,
  type ReturnWindows,
} from '../../domain/payouts/attempt.ts';
import { isPayoutFinal, type PayoutStatus } from '../../domain/payouts/payout.ts';
import { retryAfterMs } from '../../gateways/http.ts';
import { ask, type AskDeps, isUnanswered, waitsForBatch } from './ask.ts';
import { followCheck, stopIfAsked } from './check-stops.ts';
import { prepareAttempt } from './freeze.ts';
import { applyResolution } from './resolutions.ts';
import { notifyOfSilentPayout } from './silence.ts';
import { type NoteStep, openSteps, type Step } from './steps.ts';

export type PayoutDeps = AskDeps & {
  /** The shortest time between two polls of a provider, in milliseconds. */
  firstPollMs: number;
};

type PayoutPosition = {
  status: PayoutStatus;
  state: AttemptState | null;
  providerStatus: string | null;
  isFinal: boolean;
  /** Whether a pause or a person holds it back. */
  isHeld: boolean;
  waitMs: number;
};

/** The reply to the payout's workflow: statuses, a time and the steps that were taken, but no amounts. */
export type PayoutProgress = PayoutPosition & { steps: readonly Step[] };

/** A person ends these waits by a resume or a release, which makes the payouts due at once. A batch ends them by waking its own payouts. */
export const HELD_WAIT_MS = 600_000;
export const DUE_GRACE_MS = 60_000;

export const createPayoutActivities = (deps: PayoutDeps) => ({
  /**
   * Does the next thing for a payout: freezes its request, asks its provider once, resolves an unclear outcome, or polls the
   * provider. Safe to repeat and to overlap: only the caller whose compare-and-set takes the attempt from prepared to submitted
   * asks; every other caller looks up by the stored key.
   */
  async advancePayout(payoutId: string): Promise<PayoutProgress> {
    const { steps, note } = openSteps();
    const position = await advance(deps, payoutId, note);
    const { isFinal, isHeld, waitMs } = position;
    if (!isFinal) await (isHeld ? waitForResume : setPayoutDue)(deps.db, payoutId, waitMs + DUE_GRACE_MS);
    return { ...position, steps };
  },
});

async function advance(deps: PayoutDeps, payoutId: string, note: NoteStep): Promise<PayoutPosition> {
  try {
    if (await applyResolution(deps, payoutId)) {
      note('the decision of two people was applied');
      return await positionOf(deps, payoutId);
    }
    const attempt =
      (await findLiveAttempt(deps.db, payoutId)) ??
      (await prepareAttempt(deps, payoutId, note)) ??
      (await findDeniedAttempt(deps.db, payoutId));
    if (attempt && (await stopIfAsked(deps, attempt))) note('the bank was asked to stop the check');
    if (attempt) {
      await ask(deps, attempt, note);
      await followCheck(deps, attempt);
    }
    return await positionOf(deps, payoutId);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`the next step failed: ${error.code}`);
    return reportStuck(deps, payoutId, error);
  }
}

/** No provider could be asked, and nothing was lost: tells the people who can fix it, and the workflow when to try again. */
async function reportStuck(deps: PayoutDeps, payoutId: string, failure: Failure): Promise<PayoutPosition> {
  const { gateway } = await getPayout(deps.db, payoutId);
  const { retryable } = FAILURES[failure.code];
  const isRefused = failure.code === 'gateway_refused';
  if (isRefused) await pauseRefusingGateway(deps.db, gateway, failure.message);
  else if (retryable) await notifyOfSilentPayout(deps, payoutId, failure);
  else await deps.db.transaction((tx) => raiseAlarm(tx, 'payout_stuck', `payout/${payoutId}`, failure.message));
  const position = await positionOf(deps, payoutId);
  // The resume of the gateway wakes no payment that was sent, so that one is read again soon.
  if (isRefused) return { ...position, waitMs: Math.min(position.waitMs, HELD_WAIT_MS) };
  return { ...position, waitMs: retryable ? (retryAfterMs(failure) ?? position.waitMs) : HELD_WAIT_MS };
}

/** Where a payout is now, and when to poll next. */
async function positionOf({ db, returnWindows, firstPollMs }: PayoutDeps, payoutId: string): Promise<PayoutPosition> {
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
    providerStatus: attempt?.word ?? null,
    isFinal,
    isHeld,
    waitMs: isHeld ? HELD_WAIT_MS : waitMs,
  };
}

function waitFor(attempt: Attempt, returnWindows: ReturnWindows, firstPollMs: number): number {
  const now = attempt.readAt.getTime();
  const ageMs = now - attempt.stateAt.getTime();
  const pollMs = pollAfter(attempt.state, ageMs, firstPollMs);
  const windowMs = attempt.state === 'sent' ? returnWindows[attempt.gateway] : null;
  if (windowMs !== null) {
    if (ageMs < windowMs) return Math.min(pollMs, windowMs - ageMs);
    const silenceMs = now - lastReplyAt(attempt).getTime(); // the next reply settles it
    return Math.max(Math.min(pollAfter(attempt.state, silenceMs, firstPollMs), HELD_WAIT_MS), firstPollMs);
  }
  const deadlineMs = isUnanswered(attempt.state) ? (attempt.submitDeadlineAt?.getTime() ?? now) - now : 0;
  return Math.max(pollMs, deadlineMs);
}
