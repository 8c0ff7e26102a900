import type { RunStatus } from './run.ts';
import type { GatewayName, Method } from '../rails.ts';
import type { AttemptState } from '../payouts/attempt.ts';
import type { PayoutStatus } from '../payouts/payout.ts';

/** The reasons for which a payout waits. */
export const WAITS = [
  'preparation',
  'release',
  'approval',
  'pay_date',
  'its_turn',
  'run_resume',
  'gateway_resume',
  'provider',
  'look_up',
  'provider_approval',
  'mailing',
  'claim',
  'provider_hold',
  'final_word',
  'cashing',
] as const;
export type Wait = (typeof WAITS)[number];

/** The facts about a payout that say why it waits. */
export type Waiting = {
  readonly status: PayoutStatus;
  readonly statusAt: Date;
  readonly method: Method;
  readonly gateway: GatewayName;
  readonly attempt: AttemptState | null;
  readonly attemptAt: Date | null;
  readonly runStatus: RunStatus;
  readonly reviewSince: Date | null;
  /** The first day on which the run may pay, as a local date, and whether it has begun. */
  readonly payOn: string;
  readonly isPayDay: boolean;
  /** When its gateway was paused. Null if it is not paused. */
  readonly gatewayPausedAt: Date | null;
  /** Since when finance holds it, and why. Null if nobody does. */
  readonly heldAt: Date | null;
  readonly heldReason: string | null;
};

/** Why a payout waits, since when, and the same in words for a person who has never seen its states. */
export type WaitsFor = { readonly reason: Wait; readonly since: Date; readonly words: string };

const WORDS: Record<Wait, (payout: Waiting, day: string) => string> = {
  preparation: () => 'It is being prepared.',
  release: (_payout, day) => `We hold it since ${day}. Nothing was sent. Ask us why.`,
  approval: (_payout, day) => `It waits for approval since ${day}. Nothing was sent.`,
  pay_date: ({ payOn }) => `It is approved and waits for its pay date, ${payOn}. Nothing was sent.`,
  its_turn: () => 'It is approved and will be sent next. Nothing was sent yet.',
  run_resume: (_payout, day) => `Its run is paused since ${day}. Nothing was sent.`,
  gateway_resume: (_payout, day) => `Payments through its provider are paused since ${day}. Nothing was sent.`,
  provider: (_payout, day) => `The provider was asked on ${day} and has not sent the money yet.`,
  look_up: (_payout, day) =>
    `The provider was asked on ${day}, and we do not know yet whether it paid. We look it up and pay nothing twice.`,
  provider_approval: (_payout, day) => `It waits since ${day} for one of our people to approve it at the provider.`,
  mailing: (_payout, day) => `The check was made on ${day} and is not in the mail yet.`,
  claim: (_payout, day) => `The money waits since ${day} for you to accept it.`,
  provider_hold: (_payout, day) => `The provider holds the money since ${day}.`,
  final_word: (_payout, day) => `The money was sent on ${day}. It is final when it can no longer come back.`,
  cashing: (_payout, day) => `The check was mailed on ${day} and waits to be cashed.`,
};

const OF_ATTEMPT: Partial<Record<AttemptState, Wait>> = {
  submitted: 'look_up',
  unknown: 'look_up',
  needs_person: 'provider_approval',
  accepted: 'provider',
  on_hold: 'provider_hold',
  unclaimed: 'claim',
};

/** The reason for which a payout waits, or null once it is over. The reason of a hold is for our own people alone. */
export function waitsFor(payout: Waiting, reader: 'partner' | 'staff' = 'partner'): WaitsFor | null {
  const found = waitOf(payout);
  if (!found) return null;
  const [reason, since] = found;
  const day = since.toISOString().slice(0, 10);
  const isForStaff = reason === 'release' && reader === 'staff';
  return {
    reason,
    since,
    words: isForStaff ? `Finance holds it since ${day}: ${payout.heldReason}` : WORDS[reason](payout, day),
  };
}

function waitOf(payout: Waiting): readonly [Wait, Date] | null {
  const { status, statusAt, runStatus, reviewSince, method, attempt } = payout;
  const attemptAt = payout.attemptAt ?? statusAt;
  const isUnasked = status === 'approved' || (status === 'executing' && (attempt === null || attempt === 'prepared'));
  if (payout.heldAt && (status === 'draft' || isUnasked)) return ['release', payout.heldAt];
  if (status === 'draft')
    return runStatus === 'review' ? ['approval', reviewSince ?? statusAt] : ['preparation', statusAt];
  if (isUnasked) return waitBeforeAsking(payout);
  if (status !== 'executing' && status !== 'sent')
    return status === 'settled' && attempt === 'on_hold' ? ['provider_hold', attemptAt] : null;
  if (attempt === 'accepted' && payout.gateway === 'printed-check') return ['mailing', attemptAt];
  const reason = (attempt && OF_ATTEMPT[attempt]) ?? (method === 'check' ? 'cashing' : 'final_word');
  return [reason, attemptAt];
}

/** A payout that no provider was asked for. The nearest obstacle counts. */
function waitBeforeAsking({ statusAt, runStatus, payOn, isPayDay, gatewayPausedAt }: Waiting): readonly [Wait, Date] {
  if (!isPayDay && payOn) return ['pay_date', statusAt];
  if (runStatus === 'paused') return ['run_resume', statusAt];
  return gatewayPausedAt ? ['gateway_resume', gatewayPausedAt] : ['its_turn', statusAt];
}
