import { formatMoney, type Money } from '../money.ts';
import type { Method } from '../rails.ts';
import type { Outcome } from './outcome.ts';
import { cutoffInstant, nextPeriods, payDate, type PaySchedule } from '../payers/schedule.ts';
import { localDate } from '../calendar.ts';

/** What stands against a payment, with its end where a calendar knows it. */
export type Reason = { readonly reason: Outcome; readonly until: string | null; readonly detail: string | null };

/** What a partner has under one schedule in one currency, and what stands against paying it at the next cut-off. */
export type Standing = {
  readonly payable: Money;
  readonly reserved: Money;
  readonly minimum: Money;
  /** The local date on which the next of what is held is free. */
  readonly nextAvailableOn: string | null;
  readonly method: Method | null;
  readonly reasons: readonly Reason[];
};

/** A reason as the partner reads it. `until` is a local date; null where it does not end by itself. */
export type SpokenReason = Reason & { readonly words: string };

const METHOD_WORDS: Record<Method, string> = { bank: 'bank transfer', paypal: 'PayPal', check: 'check' };

/** What each reason means and what ends it, for somebody who has never heard of its name. */
const WORDS: Record<Outcome, (standing: Standing, until: string | null, detail: string | null) => string> = {
  paid: () => 'Nothing stands against it.',
  nothing_due: ({ reserved }, until) => {
    if (until !== null) return `All that was earned is still held for refunds; the next of it is free from ${until}.`;
    if (reserved.minor !== 0n) return 'All that was earned is in a payout that is on its way already.';
    return 'Nothing has been earned that is not paid.';
  },
  negative_balance: ({ payable }) =>
    `Refunds took back more than was earned: the balance of ${formatMoney(payable)} is made up from what is earned next.`,
  partner_on_hold: (_standing, _until, detail) => `Payment is on hold until we release it: ${detail ?? 'ask us why'}.`,
  no_instrument: ({ payable }) =>
    `We do not know where to pay ${payable.currency} to: a bank account, a PayPal account or a postal address is missing.`,
  instrument_cooling_off: (_standing, until) =>
    `The payment details were changed: to protect their owner nothing is paid to them before ${until}.`,
  method_not_offered: ({ method }) =>
    `Payment by ${method ? METHOD_WORDS[method] : 'that way'} is not offered here: choose another way to be paid.`,
  below_minimum: ({ payable, minimum }) =>
    `${formatMoney(payable)} is less than the smallest payout, ${formatMoney(minimum)}: it is kept and paid with what is earned next.`,
  excluded: () => 'It was taken out of the run: it is considered again in the next one.',
};

/** When a reason ends, in epoch milliseconds; undefined where that takes an act or an event. */
function endOf({ reason, until }: Reason, { nextAvailableOn }: Standing, schedule: PaySchedule): number | undefined {
  if (reason === 'instrument_cooling_off') return until === null ? undefined : Date.parse(until);
  const waitsForHold = reason === 'nothing_due' || reason === 'below_minimum';
  return waitsForHold && nextAvailableOn !== null ? cutoffInstant(schedule, nextAvailableOn) : undefined;
}

/** The reasons in words, and the local date on which money can move at the earliest: null while somebody has to act first. */
export function explainStanding(
  standing: Standing,
  schedule: PaySchedule,
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
const firstPayDate = (schedule: PaySchedule, fromMs: number): string | null => {
  const [period] = nextPeriods(schedule, fromMs, 1);
  return period ? payDate(schedule, period.end) : null;
};
