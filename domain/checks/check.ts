import { ATTEMPT_STATES, type AttemptState, CHECK_STALE_AFTER_MS } from '../payouts/attempt.ts';
import { dormancyClock } from './dormancy.ts';
import type { GatewayName } from '../rails.ts';

/** The state of a number in the register: spoiled, or the state of the attempt that drew it. */
export const CHECK_STATES = ['spoiled', ...ATTEMPT_STATES] as const;
export type CheckState = (typeof CHECK_STATES)[number];

export const EXCEPTION_DECISIONS = ['pay', 'return'] as const;
export type ExceptionDecision = (typeof EXCEPTION_DECISIONS)[number];

export const isByCheck = (gateway: GatewayName): boolean => gateway === 'lob' || gateway === 'printed-check';

/** A task asks whether to renew a stop this many days before the stop lapses. */
export const STOP_REMINDER_DAYS = 30;

/** The check may be in the payee's hands or in the mail, so only the bank can make it worthless. */
const OUT: ReadonlySet<AttemptState> = new Set(['accepted', 'sent', 'stale']);

/** The reason why a check cannot be stopped now, or undefined. */
export function whyNotStop(state: AttemptState): string | undefined {
  if (OUT.has(state) || state === 'unknown' || state === 'on_hold' || state === 'needs_person') return undefined; // once the bank voids the number, the paper is worthless wherever it is
  if (state === 'settled') return 'the bank has paid it, and only the payee can give the money back';
  if (state === 'failed' || state === 'returned') return 'nobody can cash it any longer';
  return 'it is still being made. Ask again when it has been sent';
}

/** The facts that we know about a check that the bank asks about. */
export type PresentedCheck = {
  isSpoiled: boolean;
  state: AttemptState | null;
  isSameAmount: boolean;
  /** Somebody asked the bank to stop it, whether or not the bank did. */
  hasStop: boolean;
};

/**
 * The reason why the bank must not pay a check that it asks about, or undefined where a person may have it paid. Null means that the
 * number is not in our register. A check that is returned can be paid again.
 */
export function whyNotPay(check: PresentedCheck | null): string | undefined {
  if (check === null) return 'no check of ours has this number';
  if (check.isSpoiled || check.state === null) return 'its number is spoiled, so no check of ours has it';
  if (!check.isSameAmount) return 'our check has another amount';
  if (check.hasStop) return 'somebody asked the bank to stop it';
  if (!OUT.has(check.state)) return `our check is ${check.state}, so this cannot be it`;
  return undefined;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export type CheckClock = {
  /** When it becomes stale. Null unless it has been sent and is not stale yet. */
  staleOn: string | null;
  /** When to write to its payee, and when it is presumed abandoned. Both are null once it owes nobody anything. */
  dueDiligenceOn: string | null;
  dormantOn: string | null;
};

/** The days on which something happens to an uncashed check. */
export function checkClock(
  { state, stateAt, datedOn }: { state: CheckState; stateAt: Date | null; datedOn: string | null },
  dormancyYears: number,
): CheckClock {
  const staleOn = state === 'sent' && stateAt ? dayOf(stateAt.getTime() + CHECK_STALE_AFTER_MS) : null;
  const isOwed = state === 'accepted' || state === 'sent' || state === 'stale';
  const dormancy = isOwed && datedOn ? dormancyClock(datedOn, dormancyYears) : null;
  return { staleOn, dueDiligenceOn: dormancy?.dueDiligenceOn ?? null, dormantOn: dormancy?.dormantOn ?? null };
}
