import type { RunStatus } from './run.ts';
import type { GatewayName, Method } from '../rails.ts';
import type { AttemptState } from '../payouts/attempt.ts';
import type { PayoutStatus } from '../payouts/payout.ts';
import { ENGLISH } from '../voice.ts';

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

const OF_ATTEMPT: Partial<Record<AttemptState, Wait>> = {
  submitted: 'look_up',
  unknown: 'look_up',
  needs_person: 'provider_approval',
  accepted: 'provider',
  on_hold: 'provider_hold',
  unclaimed: 'claim',
};

/** The reason for which a payout waits, or null once it is over. The reason of a hold is for our own people alone. */
export function waitsFor(payout: Waiting, reader: 'partner' | 'staff' = 'partner', voice = ENGLISH): WaitsFor | null {
  const found = waitOf(payout);
  if (!found) return null;
  const [reason, since] = found;
  const day = since.toISOString().slice(0, 10);
  const isForStaff = reason === 'release' && reader === 'staff';
  return {
    reason,
    since,
    words: isForStaff
      ? `Finance holds it since ${voice.day(day)}: ${payout.heldReason}`
      : voice.say(`wait.${reason}`, { day: voice.day(day), payOn: voice.day(payout.payOn) }),
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
