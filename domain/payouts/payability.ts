import type { Money } from '../money.ts';
import type { Method } from '../rails.ts';
import { ENGLISH, type Voice } from '../voice.ts';
import { adviceAgain } from './advice.ts';
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
function wordsOf({ reason, detail }: Reason, standing: Standing, until: string, voice: Voice): string {
  const { payable, reserved, minimum, method, waiting = [] } = standing;
  switch (reason) {
    case 'nothing_due':
      if (until !== '') return voice.say('pay.nothing_due.held', { until });
      if (reserved.minor === 0n) return voice.say('pay.nothing_due');
      return voice.say('pay.nothing_due.reserved', { waiting: waiting.join(' ') }).trim();
    case 'negative_balance':
      return voice.say('pay.negative_balance', { payable: voice.amount(payable) });
    case 'partner_on_hold':
      return voice.say('pay.partner_on_hold', { detail: detail ?? voice.say('pay.partner_on_hold.ask') });
    case 'no_instrument':
      return voice.say('pay.no_instrument', { currency: payable.currency });
    case 'instrument_failed':
      return voice.say('pay.instrument_failed', {
        detail: detail === null ? voice.say('pay.instrument_failed.check') : adviceAgain(detail, voice),
      });
    case 'instrument_cooling_off':
      return voice.say('pay.instrument_cooling_off', { until });
    case 'method_not_offered':
      return method
        ? voice.say('pay.method_not_offered', { method: voice.say(`method.${method}`) })
        : voice.say('pay.method_not_offered.any');
    case 'below_minimum':
      return voice.say('pay.below_minimum', { payable: voice.amount(payable), minimum: voice.amount(minimum) });
    case 'paid':
    case 'partner_merged':
    case 'instrument_not_confirmed':
    case 'excluded':
    case 'changed_after_approval':
    case 'held_after_approval':
    case 'cut_after_approval':
      return voice.say(`pay.${reason}`);
  }
}

/** When a reason ends, in epoch milliseconds. Undefined where a person must act or something must happen first. */
function endOf({ reason, until }: Reason, { nextAvailableOn }: Standing, schedule: PaySchedule): number | undefined {
  if (reason === 'instrument_cooling_off') return until === null ? undefined : Date.parse(until);
  const waitsForHold = reason === 'nothing_due' || reason === 'below_minimum';
  return waitsForHold && nextAvailableOn !== null ? cutoffInstant(schedule, nextAvailableOn) : undefined;
}

/** Why a balance is paid although it is less than the smallest payout, or null where it is not. */
export const whyBelowMinimum = (
  { isLast, payable, minimum }: Pick<Standing, 'isLast' | 'payable' | 'minimum'>,
  voice = ENGLISH,
): string | null =>
  isLast ? voice.say('pay.last', { payable: voice.amount(payable), minimum: voice.amount(minimum) }) : null;

/** The reasons in words, and the earliest local date on which money can move. The date is null while somebody must act first. */
export function explainStanding(
  standing: Standing,
  schedule: PayingSchedule,
  nowMs: number,
  voice = ENGLISH,
): { reasons: SpokenReason[]; nextPayOn: string | null } {
  const ends = standing.reasons.map((reason) => endOf(reason, standing, schedule));
  const reasons = standing.reasons.map((reason, index) => {
    const end = ends[index];
    const until = end === undefined ? null : localDate(end, schedule.zone);
    return { ...reason, until, words: wordsOf(reason, standing, until === null ? '' : voice.day(until), voice) };
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
