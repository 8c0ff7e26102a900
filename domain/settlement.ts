import { type AttemptState, canAttemptBecome, PAYOUT_STATUS_OF } from './attempt.ts';
import { canPayoutBecome, type PayoutStatus } from './payout.ts';

/** What is known of an attempt before an answer is applied; amounts in minor units, null while nothing moved. */
export type AttemptFacts = {
  readonly state: AttemptState;
  readonly payoutStatus: PayoutStatus;
  readonly netMinor: bigint;
  readonly debitedMinor: bigint | null;
  readonly returnedMinor: bigint | null;
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
  /** A part of it came home: keep it in suspense for a person. */
  readonly partialReturn?: { readonly minor: bigint } | undefined;
  /** What a person must hear of. */
  readonly alarms: readonly string[];
};

/**
 * Decides what an answer does to an attempt and its payout. Nothing is guessed: an unknown word, a step that the table
 * forbids, or a "failed" of money that was taken leaves things as they are, with an alarm.
 */
export function consequencesOf(attempt: AttemptFacts, answer: AnswerFacts): Consequences {
  const alarms: string[] = [];
  const debit = attempt.debitedMinor === null && answer.debited ? { feeMinor: answer.debited.feeMinor } : undefined;
  if (answer.debited && answer.debited.minor !== attempt.netMinor)
    alarms.push(`the provider took ${answer.debited.minor} minor units, not ${attempt.netMinor}`);
  const state = nextState(attempt, answer, alarms);
  const target = PAYOUT_STATUS_OF[state];
  const moved = state !== attempt.state;
  const isNewlyBack = attempt.returnedMinor === null && (answer.returnedMinor ?? 0n) > 0n;
  return {
    state,
    payoutStatus: moved && canPayoutBecome(attempt.payoutStatus, target) ? target : attempt.payoutStatus,
    debit,
    fail: moved && state === 'failed' && attempt.state !== 'prepared',
    fullReturn:
      moved && state === 'returned'
        ? { minor: answer.returnedMinor ?? attempt.netMinor, before: attempt.returnedMinor ?? 0n }
        : undefined,
    partialReturn:
      state !== 'returned' && isNewlyBack && answer.returnedMinor ? { minor: answer.returnedMinor } : undefined,
    alarms,
  };
}

function nextState(attempt: AttemptFacts, answer: AnswerFacts, alarms: string[]): AttemptState {
  if (answer.state === null || answer.state === attempt.state) return attempt.state;
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
