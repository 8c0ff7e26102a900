import { ATTEMPT_STATES, type AttemptState, CHECK_STALE_AFTER_MS } from '../payouts/attempt.ts';
import { dormancyClock } from './dormancy.ts';
import type { GatewayName } from '../rails.ts';

/** What a number of the register is: spoiled, or as far as the attempt that drew it. */
export const CHECK_STATES = ['spoiled', ...ATTEMPT_STATES] as const;
export type CheckState = (typeof CHECK_STATES)[number];

export const EXCEPTION_DECISIONS = ['pay', 'return'] as const;
export type ExceptionDecision = (typeof EXCEPTION_DECISIONS)[number];

export const isByCheck = (gateway: GatewayName): boolean => gateway === 'lob' || gateway === 'printed-check';

/** A person is asked whether to renew a stop this many days before it lapses. */
export const STOP_REMINDER_DAYS = 30;

/** The check may be in the payee's hands or on its way there, so that only the bank can make it worthless. */
const OUT: ReadonlySet<AttemptState> = new Set(['accepted', 'sent', 'stale']);

/** Why a check cannot be stopped now; undefined where it can. */
export function whyNotStop(state: AttemptState): string | undefined {
  if (OUT.has(state) || state === 'unknown' || state === 'on_hold') return undefined; // a void number is worth nothing, whoever holds the paper
  if (state === 'settled') return 'the bank has paid it; only the payee can give the money back';
  if (state === 'failed' || state === 'returned') return 'it is over: nobody can cash it any more';
  if (state === 'needs_person') return 'it waits for a person at the bank; say there what is to become of it';
  return 'it is only being made; ask again when it is out';
}

/** What is known of a check that the bank asks about. Null: the number is not in our register. */
export type PresentedCheck = {
  isSpoiled: boolean;
  state: AttemptState | null;
  isSameAmount: boolean;
  /** Somebody asked the bank to stop it, whatever came of that. */
  hasStop: boolean;
};

/** Why the bank must not pay a check that it asks about; undefined where a person may say so. What is returned can be paid again. */
export function whyNotPay(check: PresentedCheck | null): string | undefined {
  if (check === null) return 'no check of ours has this number';
  if (check.isSpoiled || check.state === null) return 'its number is spoiled: no check of ours has it';
  if (!check.isSameAmount) return 'it was written over another amount';
  if (check.hasStop) return 'its payment was to be stopped';
  if (!OUT.has(check.state)) return `the check is ${check.state}, so this cannot be it`;
  return undefined;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export type CheckClock = {
  /** When it becomes stale; null unless it is out and not stale yet. */
  staleOn: string | null;
  /** When its payee should be written to, and when it is presumed abandoned; null once nobody is owed by it. */
  dueDiligenceOn: string | null;
  dormantOn: string | null;
};

/** The days that an uncashed check runs towards. */
export function checkClock(
  { state, stateAt, datedOn }: { state: CheckState; stateAt: Date | null; datedOn: string | null },
  dormancyYears: number,
): CheckClock {
  const staleOn = state === 'sent' && stateAt ? dayOf(stateAt.getTime() + CHECK_STALE_AFTER_MS) : null;
  const isOwed = state === 'accepted' || state === 'sent' || state === 'stale';
  const dormancy = isOwed && datedOn ? dormancyClock(datedOn, dormancyYears) : null;
  return { staleOn, dueDiligenceOn: dormancy?.dueDiligenceOn ?? null, dormantOn: dormancy?.dormantOn ?? null };
}
