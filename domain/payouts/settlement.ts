import { type AttemptState, canAttemptBecome, CHECK_STALE_AFTER_MS, PAYOUT_STATUS_OF } from './attempt.ts';
import { canPayoutBecome, type PayoutStatus } from './payout.ts';

/** What is known of an attempt before an answer is applied; amounts in minor units, null while nothing moved. */
export type AttemptFacts = {
  readonly state: AttemptState;
  readonly payoutStatus: PayoutStatus;
  readonly netMinor: bigint;
  readonly debitedMinor: bigint | null;
  readonly returnedMinor: bigint | null;
  /** Of what came back, how much people have decided about: it has left suspense. */
  readonly decidedMinor: bigint;
};

/** What a provider says: its state in our words (null: a word that nobody knows) and what it moved so far. */
export type AnswerFacts = {
  readonly state: AttemptState | null;
  readonly debited: { readonly minor: bigint; readonly feeMinor: bigint } | null;
  readonly returnedMinor: bigint | null;
};

/** What follows from an answer. What is undefined or false does not happen. */
export type Consequences = {
  readonly state: AttemptState;
  readonly payoutStatus: PayoutStatus;
  /** The provider has now taken the money: post it. */
  readonly debit?: { readonly feeMinor: bigint } | undefined;
  /** Proved that nothing moved: undo the send. */
  readonly fail: boolean;
  /** All of it came home: give the partner's balance back. `before` is the part that had come earlier and waits in suspense. */
  readonly fullReturn?: { readonly minor: bigint; readonly before: bigint } | undefined;
  /** A part of it came home, `minor` in all and `before` of it earlier: keep what is new in suspense for a person. */
  readonly partialReturn?: { readonly minor: bigint; readonly before: bigint } | undefined;
  /** What a person must hear of. */
  readonly alarms: readonly string[];
};

/** How long an attempt has been in its state, and its rail's rules of time, in milliseconds; null where the rail has none. */
export type Times = { readonly ageMs: number; readonly returnWindowMs: number | null; readonly isCheck: boolean };

/**
 * What only time decides, and no provider takes back: the return window has closed, or a check is too old to be cashed. Both need a
 * provider that still says "sent"; without its word time moves nothing.
 */
export function stateByTime(
  state: AttemptState,
  said: AttemptState | null,
  { ageMs, returnWindowMs, isCheck }: Times,
): AttemptState | null {
  if (said !== 'sent') return said;
  if (state === 'settled' || state === 'stale') return state;
  if (state !== 'sent') return 'sent';
  if (returnWindowMs !== null) return ageMs >= returnWindowMs ? 'settled' : 'sent';
  return isCheck && ageMs >= CHECK_STALE_AFTER_MS ? 'stale' : 'sent';
}

/**
 * Decides what an answer does to an attempt and its payout. Nothing is guessed: an unknown word, a step that the table
 * forbids, or a "failed" of money that was taken leaves things as they are, with an alarm.
 */
export function consequencesOf(attempt: AttemptFacts, answer: AnswerFacts): Consequences {
  const alarms: string[] = [];
  const debit = newDebit(attempt, answer, alarms);
  if (answer.debited && answer.debited.minor !== attempt.netMinor)
    alarms.push(`the provider took ${answer.debited.minor} minor units, not ${attempt.netMinor}`);
  const state = nextState(attempt, answer, alarms);
  const target = PAYOUT_STATUS_OF[state];
  const moved = state !== attempt.state;
  const before = attempt.returnedMinor ?? 0n;
  const minor = backSoFar(attempt, answer, alarms);
  const isTaken = attempt.debitedMinor !== null || debit !== undefined;
  const isBack = moved && state === 'returned';
  return {
    state,
    payoutStatus: moved && canPayoutBecome(attempt.payoutStatus, target) ? target : attempt.payoutStatus,
    debit,
    fail: moved && state === 'failed' && attempt.state !== 'prepared',
    fullReturn: isBack ? { minor, before } : undefined,
    partialReturn: state !== 'returned' && isTaken && minor > before ? { minor, before } : undefined,
    alarms,
  };
}

/** What is taken for the first time. Of what failed it was proved that nothing moved: money taken after that is a person's to explain. */
function newDebit({ state, debitedMinor }: AttemptFacts, { debited }: AnswerFacts, alarms: string[]) {
  if (debitedMinor !== null || !debited) return undefined;
  if (state !== 'failed') return { feeMinor: debited.feeMinor };
  alarms.push('the provider took money for a payment that it had said failed: a person must look');
  return undefined;
}

/** What came back in all: never less than before, whatever is said, and never more than was sent. */
function backSoFar({ netMinor, returnedMinor }: AttemptFacts, answer: AnswerFacts, alarms: string[]): bigint {
  const before = returnedMinor ?? 0n;
  const said = answer.returnedMinor ?? (answer.state === 'returned' ? netMinor : before);
  if (said < before) {
    alarms.push(`the provider says that ${said} minor units came back, after it had said ${before}`);
    return before;
  }
  if (said > netMinor) {
    alarms.push(`the provider says that ${said} minor units came back, of ${netMinor} that were sent`);
    return netMinor;
  }
  return said;
}

function nextState(attempt: AttemptFacts, answer: AnswerFacts, alarms: string[]): AttemptState {
  if (answer.state === null || answer.state === attempt.state) return attempt.state;
  // A part was decided by people: what comes after it is one more part, and the lines stay with what they paid.
  if (attempt.decidedMinor > 0n && (answer.state === 'returned' || answer.state === 'on_hold')) return attempt.state;
  if (!canAttemptBecome(attempt.state, answer.state)) {
    alarms.push(`the provider went from ${attempt.state} to ${answer.state}, which nobody expected`);
    return attempt.state;
  }
  const hasMoved = attempt.debitedMinor !== null || answer.debited !== null || (answer.returnedMinor ?? 0n) > 0n;
  if (answer.state === 'failed' && hasMoved) {
    alarms.push('the provider says it failed, yet money moved: a person must look');
    return canAttemptBecome(attempt.state, 'needs_person') ? 'needs_person' : attempt.state;
  }
  if (answer.state === 'returned' && attempt.debitedMinor === null && !answer.debited) {
    alarms.push('the provider says it came back, yet it never took the money: a person must look');
    return canAttemptBecome(attempt.state, 'needs_person') ? 'needs_person' : attempt.state;
  }
  return answer.state;
}
