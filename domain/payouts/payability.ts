import { formatMoney, type Money } from '../money.ts';
import { type Method, METHOD_NAMES } from '../rails.ts';
import type { Outcome } from './outcome.ts';
import { cutoffInstant, nextPeriods, payDate, type PayingSchedule, type PaySchedule } from '../payers/schedule.ts';
import { localDate } from '../calendar.ts';

/** A reason against a payment. `until` is its end, where a calendar knows it. */
export type Reason = { readonly reason: Outcome; readonly until: string | null; readonly detail: string | null };

/** The balance of a partner under one schedule in one currency, and the reasons against paying it at the next cut-off. */
export type Standing = {
  readonly payable: Money;
  readonly reserved: Money;
  readonly minimum: Money;
  /** The local date on which the next hold ends. */
  readonly nextAvailableOn: string | null;
  readonly method: Method | null;
  readonly reasons: readonly Reason[];
  /** Whether the partner goes on in no program of the schedule, so that the minimum does not hold back this balance. */
  readonly isLast: boolean;
  /** Why each payout that is not over waits, in words, the newest first. */
  readonly waiting?: readonly string[];
};

/** A reason as the partner reads it. `until` is a local date, or null where the reason does not end on its own. */
export type SpokenReason = Reason & { readonly words: string };

/** The meaning of each reason and how it ends, for somebody who has never heard its name. */
const WORDS: Record<Outcome, (standing: Standing, until: string | null, detail: string | null) => string> = {
  paid: () => 'Nothing prevents this payment.',
  nothing_due: ({ reserved, waiting = [] }, until) => {
    if (until !== null) return `All earnings are still held for refunds. The next hold ends on ${until}.`;
    if (reserved.minor !== 0n) return `All earnings are already in a payout. ${waiting.join(' ')}`.trim();
    return 'There are no unpaid earnings.';
  },
  partner_merged: () => 'This account was merged into another one, which gets the balance. It is paid there.',
  negative_balance: ({ payable }) =>
    `Refunds and deductions took back more than was earned. The next earnings make up the balance of ${formatMoney(payable)}.`,
  partner_on_hold: (_standing, _until, detail) => `We have put payment on hold: ${detail ?? 'ask us why'}.`,
  no_instrument: ({ payable }) =>
    `We do not know where to pay ${payable.currency}. Add a bank account, a PayPal account or a postal address.`,
  instrument_failed: (_standing, _until, detail) =>
    `The last payment to these details failed. ${detail ?? 'Please check them.'} We do not pay to them again until they are corrected.`,
  instrument_cooling_off: (_standing, until) =>
    `The payment details were changed. To protect their owner, we do not pay to them before ${until}.`,
  instrument_not_confirmed: () =>
    'The payment details were changed. To protect their owner, one of our people calls back first. We do not pay to them before.',
  method_not_offered: ({ method }) =>
    `Payment by ${method ? METHOD_NAMES[method] : 'this method'} is not offered here. Choose another method.`,
  below_minimum: ({ payable, minimum }) =>
    `${formatMoney(payable)} is less than the smallest payout of ${formatMoney(minimum)}. We keep it and pay it with the next earnings.`,
  excluded: () => 'The payout was taken out of the run. The next run considers it again.',
  changed_after_approval: () =>
    'Your balance or your payment details changed before we paid. The next run considers it again.',
  cut_after_approval: () => 'The payout was taken out of the run before we paid. The next run considers it again.',
  held_after_approval: () => 'We put payment on hold before we paid. The next run after the hold considers it again.',
};

/** When a reason ends, in epoch milliseconds. Undefined where a person must act or something must happen first. */
function endOf({ reason, until }: Reason, { nextAvailableOn }: Standing, schedule: PaySchedule): number | undefined {
  if (reason === 'instrument_cooling_off') return until === null ? undefined : Date.parse(until);
  const waitsForHold = reason === 'nothing_due' || reason === 'below_minimum';
  return waitsForHold && nextAvailableOn !== null ? cutoffInstant(schedule, nextAvailableOn) : undefined;
}

/** Why a balance is paid although it is less than the smallest payout, or null where it is not. */
export const whyBelowMinimum = ({
  isLast,
  payable,
  minimum,
}: Pick<Standing, 'isLast' | 'payable' | 'minimum'>): string | null =>
  isLast
    ? `The agreements in all programs of this schedule have ended. We pay the last ${formatMoney(payable)}, although the smallest payout is ${formatMoney(minimum)}.`
    : null;

/** The reasons in words, and the earliest local date on which money can move. The date is null while somebody must act first. */
export function explainStanding(
  standing: Standing,
  schedule: PayingSchedule,
  nowMs: number,
): { reasons: SpokenReason[]; nextPayOn: string | null } {
  const ends = standing.reasons.map((reason) => endOf(reason, standing, schedule));
  const reasons = standing.reasons.map((reason, index) => {
    const end = ends[index];
    const until = end === undefined ? null : localDate(end, schedule.zone);
    return { ...reason, until, words: WORDS[reason.reason](standing, until, reason.detail) };
  });
  const known = ends.filter((end) => end !== undefined);
  return {
    reasons,
    nextPayOn: known.length < ends.length ? null : firstPayDate(schedule, Math.max(nowMs, ...known)),
  };
}

/** The pay date of the first cut-off after an instant. */
const firstPayDate = (schedule: PayingSchedule, fromMs: number): string | null => {
  const [period] = nextPeriods(schedule, fromMs, 1);
  return period ? payDate(schedule, period.end) : null;
};
