import { Temporal } from 'temporal-polyfill';

import { addDays, canonicalZone, inZone, isBusinessDay, localDate } from '../calendar.ts';
import type { CurrencyCode } from '../currency.ts';
import { Failure } from '../errors.ts';
import { closedDatesOf } from './settlement-calendar.ts';

export const FREQUENCIES = ['daily', 'weekly', 'biweekly', 'semimonthly', 'monthly', 'quarterly'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

const MONDAY = 1;
export const PAY_DAYS_MAX = 10;
/** Every month has this day. */
export const MONTHDAY_MAX = 28;

/**
 * When a payer pays. Cut-offs are local midnights in its zone: every day, on one day of every week or of every second week, on the first
 * and the sixteenth of a month, on one day of a month, or on the first of a calendar quarter.
 */
export type PaySchedule = {
  readonly frequency: Frequency;
  /** An IANA name such as `America/Sao_Paulo`. */
  readonly zone: string;
  /** For weekly and biweekly schedules only: the day that begins at the cut-off, from 1 for Monday (the default) to 7 for Sunday. */
  readonly weekday?: number | null;
  /** For monthly schedules only: the day that begins at the cut-off, from 1 (the default) to MONTHDAY_MAX. */
  readonly monthday?: number | null;
  /** For biweekly schedules only: one of the cut-offs, from which every second week is counted. */
  readonly firstCutoff?: string | null;
  /** The number of business days from the cut-off until the money leaves, 0 to PAY_DAYS_MAX. */
  readonly payDays: number;
};

/** A pay schedule with the payer's currency, whose banks must settle on its pay dates. */
export type PayingSchedule = PaySchedule & { readonly currency: CurrencyCode };

/** Local dates as `YYYY-MM-DD`. A period is half-open: its end is the date of the cut-off and belongs to the next period. */
export type Period = { readonly start: string; readonly end: string };

/** A reason why a schedule cannot be followed, with the field that is to blame. */
export type ScheduleObjection = {
  readonly field: 'zone' | 'weekday' | 'monthday' | 'firstCutoff' | 'payDays';
  readonly reason: string;
};

const WEEKDAY_FREQUENCIES: readonly Frequency[] = ['weekly', 'biweekly'];

/** The reason why a schedule cannot be followed, or undefined. */
export function whyNotPaySchedule(schedule: PaySchedule): ScheduleObjection | undefined {
  const { zone, weekday, monthday, firstCutoff, payDays, frequency } = schedule;
  if (canonicalZone(zone) !== zone)
    return { field: 'zone', reason: `${zone} is not a zone of the IANA database, such as Europe/Berlin` };
  if (typeof weekday === 'number') {
    if (!WEEKDAY_FREQUENCIES.includes(frequency))
      return { field: 'weekday', reason: `a ${frequency} schedule has no weekday` };
    if (!isWholeBetween(weekday, 1, 7))
      return { field: 'weekday', reason: 'the weekday must be a whole number from 1 for Monday to 7 for Sunday' };
  }
  if (typeof monthday === 'number') {
    if (frequency !== 'monthly')
      return { field: 'monthday', reason: `a ${frequency} schedule has no day of the month` };
    if (!isWholeBetween(monthday, 1, MONTHDAY_MAX))
      return {
        field: 'monthday',
        reason: `the day of the month must be a whole number from 1 to ${MONTHDAY_MAX}, because every month has it`,
      };
  }
  if (typeof firstCutoff === 'string') {
    if (frequency !== 'biweekly')
      return { field: 'firstCutoff', reason: `a ${frequency} schedule counts from no first cut-off` };
    if (typeof weekday === 'number' && weekdayOf(firstCutoff) !== weekday)
      return { field: 'firstCutoff', reason: `${firstCutoff} is not on the weekday ${weekday} of the schedule` };
  }
  if (!isWholeBetween(payDays, 0, PAY_DAYS_MAX))
    return { field: 'payDays', reason: `the pay date must be 0 to ${PAY_DAYS_MAX} business days after the cut-off` };
  return undefined;
}

const weekdayOf = (date: string): number => Temporal.PlainDate.from(date).dayOfWeek;

/** The days of a schedule's cut-offs, with null where its frequency has none. */
export type CutoffDays = { weekday: number | null; monthday: number | null; firstCutoff: string | null };

/** Fills in the days that a schedule does not name. The first cut-off of a biweekly one is then the next of its weekdays after today. */
export function cutoffDaysOf(schedule: PaySchedule, nowMs: number): CutoffDays {
  const { frequency, zone, firstCutoff = null } = schedule;
  const named = firstCutoff === null ? MONDAY : weekdayOf(firstCutoff);
  const weekday = WEEKDAY_FREQUENCIES.includes(frequency) ? (schedule.weekday ?? named) : null;
  const monthday = frequency === 'monthly' ? (schedule.monthday ?? 1) : null;
  if (frequency !== 'biweekly' || weekday === null) return { weekday, monthday, firstCutoff: null };
  const tomorrow = addDays(localDate(nowMs, zone), 1);
  const next = addDays(tomorrow, (weekday - weekdayOf(tomorrow) + 7) % 7);
  return { weekday, monthday, firstCutoff: firstCutoff ?? next };
}

const isWholeBetween = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * The first instant of the cut-off's local day, in epoch milliseconds. It is 01:00 where daylight saving skips midnight (São
 * Paulo, 2017-10-15). A day that a zone skipped altogether (Apia, 2011-12-30) begins with the day after it. Throws as `inZone` does.
 */
export const cutoffInstant = ({ zone }: Pick<PaySchedule, 'zone'>, endDate: string): number =>
  inZone(zone, () => Temporal.PlainDate.from(endDate).toZonedDateTime(zone).epochMilliseconds);

type PlainDate = Temporal.PlainDate;
type Days = { weekday: number; monthday: number; anchor: PlainDate };
type Rule = {
  /** The last cut-off on or before a date. */
  onOrBefore: (date: PlainDate, days: Days) => PlainDate;
  /** The cut-off after a cut-off. */
  next: (cutoff: PlainDate) => PlainDate;
  /** The cut-off before a cut-off. */
  previous: (cutoff: PlainDate) => PlainDate;
};

/** Cut-offs that are always as far apart. */
const every = (length: Temporal.DurationLike, onOrBefore: Rule['onOrBefore']): Rule => ({
  onOrBefore,
  next: (cutoff) => cutoff.add(length),
  previous: (cutoff) => cutoff.subtract(length),
});

const SIXTEENTH = 16;
const WEEK = 7;
const FORTNIGHT = 14;
const MONTHS_A_QUARTER = 3;

/** The days from an earlier multiple of the length to a date, both counted from the same day. */
const daysInto = (days: number, length: number): number => ((days % length) + length) % length;

const RULES: Record<Frequency, Rule> = {
  daily: every({ days: 1 }, (date) => date),
  weekly: every({ days: WEEK }, (date, { weekday }) =>
    date.subtract({ days: daysInto(date.dayOfWeek - weekday, WEEK) }),
  ),
  biweekly: every({ days: FORTNIGHT }, (date, { anchor }) =>
    date.subtract({ days: daysInto(anchor.until(date).days, FORTNIGHT) }),
  ),
  semimonthly: {
    onOrBefore: (date) => date.with({ day: date.day < SIXTEENTH ? 1 : SIXTEENTH }),
    next: (cutoff) => (cutoff.day === 1 ? cutoff.with({ day: SIXTEENTH }) : cutoff.with({ day: 1 }).add({ months: 1 })),
    previous: (cutoff) =>
      cutoff.day === 1 ? cutoff.subtract({ months: 1 }).with({ day: SIXTEENTH }) : cutoff.with({ day: 1 }),
  },
  monthly: every({ months: 1 }, (date, { monthday }) =>
    date.with({ day: monthday }).subtract({ months: date.day < monthday ? 1 : 0 }),
  ),
  quarterly: every({ months: MONTHS_A_QUARTER }, (date) =>
    date.with({ day: 1 }).subtract({ months: (date.month - 1) % MONTHS_A_QUARTER }),
  ),
};

/** A Monday from which the weeks of a biweekly schedule without a first cut-off are counted. */
const SOME_MONDAY = Temporal.PlainDate.from('2024-01-01');

function cutoffOnOrBefore({ frequency, ...schedule }: PaySchedule, date: PlainDate): PlainDate {
  const { weekday, monthday, firstCutoff } = schedule;
  const anchor = firstCutoff
    ? Temporal.PlainDate.from(firstCutoff)
    : SOME_MONDAY.add({ days: (weekday ?? MONDAY) - 1 });
  return RULES[frequency].onOrBefore(date, { weekday: weekday ?? MONDAY, monthday: monthday ?? 1, anchor });
}

const periodTo = ({ frequency }: PaySchedule, end: PlainDate): Period => ({
  start: RULES[frequency].previous(end).toString(),
  end: end.toString(),
});

/** The period whose cut-off is on a date. Throws Failure `invalid_input` with the two nearest cut-offs where there is none. */
export function periodEndingOn(schedule: PaySchedule, date: string): Period {
  const asked = Temporal.PlainDate.from(date);
  const last = cutoffOnOrBefore(schedule, asked);
  if (last.equals(asked)) return periodTo(schedule, last);
  const next = RULES[schedule.frequency].next(last);
  throw new Failure(
    'invalid_input',
    `No period of this ${schedule.frequency} schedule ends with the cut-off on ${date}, so no run was opened. Use ${last} or ${next}. To pay a part of a period, name the date as upTo.`,
    {
      details: [
        { field: 'periodEnd', reason: `is not a cut-off of the schedule: the nearest are ${last} and ${next}` },
      ],
    },
  );
}

/** The last period that is over at an instant in epoch milliseconds. A period is over at its cut-off itself. */
export function lastPeriodBefore(schedule: PaySchedule, instantMs: number): Period {
  // Clocks that go back just after midnight show yesterday again, although the cut-off of today has passed. So tomorrow comes first.
  const tomorrow = Temporal.PlainDate.from(localDate(instantMs, schedule.zone)).add({ days: 1 });
  const latest = cutoffOnOrBefore(schedule, tomorrow);
  if (cutoffInstant(schedule, latest.toString()) <= instantMs) return periodTo(schedule, latest);
  return periodTo(schedule, RULES[schedule.frequency].previous(latest));
}

/**
 * The period whose run opens when a schedule fires at an instant: the last one that is over. Null in the weeks between the cut-offs of a
 * biweekly schedule, which fires every week.
 */
export function periodFiredFor(schedule: PaySchedule, instantMs: number): Period | null {
  const last = lastPeriodBefore(schedule, instantMs);
  const isBetween = schedule.frequency === 'biweekly' && last.end !== localDate(instantMs, schedule.zone);
  return isBetween ? null : last;
}

/** The periods of a schedule that end after an instant in epoch milliseconds, beginning with the one that is still open. */
export function nextPeriods(schedule: PaySchedule, fromMs: number, count: number): Period[] {
  const { next } = RULES[schedule.frequency];
  const ends: PlainDate[] = [];
  let end = Temporal.PlainDate.from(lastPeriodBefore(schedule, fromMs).end);
  while (ends.length < count) ends.push((end = next(end)));
  return ends.map((date) => periodTo(schedule, date));
}

/**
 * The date on which a period's money leaves: the schedule's number of business days after the date of the cut-off. With 0 days it
 * is the date of the cut-off itself. A date on which banks do not settle the payer's currency moves to the following business day,
 * even into the next month (the convention "following").
 */
export function payDate(schedule: PayingSchedule, endDate: string): string {
  const closed = closedDatesOf(schedule.currency);
  let date = Temporal.PlainDate.from(endDate);
  let left = schedule.payDays;
  while (left > 0 || !isBusinessDay(date, closed)) {
    date = date.add({ days: 1 });
    if (left > 0 && isBusinessDay(date, closed)) left -= 1;
  }
  return date.toString();
}
