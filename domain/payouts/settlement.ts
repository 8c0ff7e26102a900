import { type AttemptState, canAttemptBecome, CHECK_STALE_AFTER_MS, PAYOUT_STATUS_OF } from './attempt.ts';
import { canPayoutBecome, type PayoutStatus } from './payout.ts';

/** The facts about an attempt before a reply is applied. Amounts are minor units, and null while nothing has moved. */
export type AttemptFacts = {
  readonly state: AttemptState;
  readonly payoutStatus: PayoutStatus;
  readonly netMinor: bigint;
  readonly debitedMinor: bigint | null;
  readonly returnedMinor: bigint | null;
  /** The part of what came back that people have decided about. It has left suspense. */
  readonly decidedMinor: bigint;
};

/** A provider's reply: the state in our terms (null for a status that we do not know), and the money that it moved so far. */
export type ReplyFacts = {
  readonly state: AttemptState | null;
  readonly debited: { readonly minor: bigint; readonly feeMinor: bigint } | null;
  readonly returnedMinor: bigint | null;
};

/** The consequences of a reply. A consequence that is undefined or false does not happen. */
export type Consequences = {
  readonly state: AttemptState;
  readonly payoutStatus: PayoutStatus;
  /** The provider has now taken the money, so the debit is posted. */
  readonly debit?: { readonly feeMinor: bigint } | undefined;
  /** It is proved that nothing moved, so the send is undone. */
  readonly fail: boolean;
  /** All of it came back, so the partner is owed it again. `before` is the part that came back earlier and waits in suspense. */
  readonly fullReturn?: { readonly minor: bigint; readonly before: bigint } | undefined;
  /** A part came back: `minor` in total, `before` of it earlier. The new part waits in suspense for people to decide. */
  readonly partialReturn?: { readonly minor: bigint; readonly before: bigint } | undefined;
  /** The texts of the alarms to raise. */
  readonly alarms: readonly string[];
};

/** How long an attempt has been in its state, and its gateway's return window, both in milliseconds. Null where there is no window. */
export type Times = {
  readonly ageMs: number;
  readonly returnWindowMs: number | null;
  readonly isCheck: boolean;
  /** A check that we printed, and that nobody has put into the mail. */
  readonly isUnmailed?: boolean;
};

/**
 * The state that time alone decides: the return window has closed, or a check is too old to be cashed. No provider takes either back.
 * Both need a provider that still says "sent". A check that nobody has mailed is not sent, whatever the bank says about its number. Where the provider is silent, time moves nothing.
 */
export function stateByTime(
  state: AttemptState,
  said: AttemptState | null,
  { ageMs, returnWindowMs, isCheck, isUnmailed = false }: Times,
): AttemptState | null {
  if (said !== 'sent') return said;
  if (state === 'settled' || state === 'stale') return state;
  if (isUnmailed) return 'accepted';
  if (state !== 'sent') return 'sent';
  if (returnWindowMs !== null) return ageMs >= returnWindowMs ? 'settled' : 'sent';
  return isCheck && ageMs >= CHECK_STALE_AFTER_MS ? 'stale' : 'sent';
}

/**
 * Decides what a reply does to an attempt and its payout. Nothing is guessed. An unknown status, a step that the table
 * forbids, or a "failed" for money that was taken changes nothing and raises an alarm.
 */
export function consequencesOf(attempt: AttemptFacts, reply: ReplyFacts): Consequences {
  const alarms: string[] = [];
  const debit = newDebit(attempt, reply, alarms);
  if (reply.debited && reply.debited.minor !== attempt.netMinor)
    alarms.push(`the provider took ${reply.debited.minor} minor units, not ${attempt.netMinor}`);
  const state = nextState(attempt, reply, alarms);
  const target = PAYOUT_STATUS_OF[state];
  const moved = state !== attempt.state;
  const before = attempt.returnedMinor ?? 0n;
  const minor = backSoFar(attempt, reply, alarms);
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

/** Money that is taken for the first time. A failed attempt proves that nothing moved, so a person must explain money that is taken later. */
function newDebit({ state, debitedMinor }: AttemptFacts, { debited }: ReplyFacts, alarms: string[]) {
  if (debitedMinor !== null || !debited) return undefined;
  if (state !== 'failed') return { feeMinor: debited.feeMinor };
  alarms.push('the provider took money for a payment after it said that the payment failed: a person must look');
  return undefined;
}

/** The total that came back. It never falls, whatever the provider says, and is never more than was sent. */
function backSoFar({ netMinor, returnedMinor }: AttemptFacts, reply: ReplyFacts, alarms: string[]): bigint {
  const before = returnedMinor ?? 0n;
  const said = reply.returnedMinor ?? (reply.state === 'returned' ? netMinor : before);
  if (said < before) {
    alarms.push(`the provider says that ${said} minor units came back, but it said ${before} before`);
    return before;
  }
  if (said > netMinor) {
    alarms.push(`the provider says that ${said} minor units came back, but only ${netMinor} were sent`);
    return netMinor;
  }
  return said;
}

function nextState(attempt: AttemptFacts, reply: ReplyFacts, alarms: string[]): AttemptState {
  if (reply.state === null || reply.state === attempt.state) return attempt.state;
  // People have decided about a part. Later money is another part, and the earning lines stay with the payout that paid them.
  if (attempt.decidedMinor > 0n && (reply.state === 'returned' || reply.state === 'on_hold')) return attempt.state;
  if (!canAttemptBecome(attempt.state, reply.state)) {
    alarms.push(`the provider went from ${attempt.state} to ${reply.state}, which is not allowed`);
    return attempt.state;
  }
  const hasMoved = attempt.debitedMinor !== null || reply.debited !== null || (reply.returnedMinor ?? 0n) > 0n;
  if (reply.state === 'failed' && hasMoved) {
    alarms.push('the provider says that the payment failed, but money moved: a person must look');
    return canAttemptBecome(attempt.state, 'needs_person') ? 'needs_person' : attempt.state;
  }
  if (reply.state === 'returned' && attempt.debitedMinor === null && !reply.debited) {
    alarms.push('the provider says that the money came back, but it never took the money: a person must look');
    return canAttemptBecome(attempt.state, 'needs_person') ? 'needs_person' : attempt.state;
  }
  return reply.state;
}
