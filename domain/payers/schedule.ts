import { Temporal } from 'temporal-polyfill';

import { canonicalZone, inZone, isBusinessDay, localDate } from '../calendar.ts';
import type { CurrencyCode } from '../currency.ts';
import { Failure } from '../errors.ts';
import { closedDatesOf } from './settlement-calendar.ts';

export const FREQUENCIES = ['daily', 'weekly', 'monthly'] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export const PAY_DAYS_MAX = 10;

/** When a payer pays. Cut-offs are local midnights in its zone: every day, on one day of the week or on the first of a month. */
export type PaySchedule = {
  readonly frequency: Frequency;
  /** An IANA name such as `America/Sao_Paulo`. */
  readonly zone: string;
  /** For weekly schedules only: the day whose first instant is the cut-off, from 1 for Monday (the default) to 7 for Sunday. */
  readonly weekday?: number | null;
  /** The number of business days from the cut-off until the money leaves, 0 to PAY_DAYS_MAX. */
  readonly payDays: number;
};

/** A pay schedule with the payer's currency, whose banks must settle on its pay dates. */
export type PayingSchedule = PaySchedule & { readonly currency: CurrencyCode };

/** Local dates as `YYYY-MM-DD`. A period is half-open: its end is the date of the cut-off and belongs to the next period. */
export type Period = { readonly start: string; readonly end: string };

/** The reason why a schedule cannot be followed, or undefined. */
export function whyNotPaySchedule({ zone, weekday, payDays, frequency }: PaySchedule): string | undefined {
  if (canonicalZone(zone) !== zone) return `${zone} is not a zone of the IANA database, such as Europe/Berlin`;
  if (typeof weekday === 'number') {
    if (frequency !== 'weekly') return `a ${frequency} schedule has no weekday`;
    if (!isWholeBetween(weekday, 1, 7)) return 'the weekday must be a whole number from 1 for Monday to 7 for Sunday';
  }
  if (!isWholeBetween(payDays, 0, PAY_DAYS_MAX))
    return `the pay date must be 0 to ${PAY_DAYS_MAX} business days after the cut-off`;
  return undefined;
}

const isWholeBetween = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * The first instant of the cut-off's local day, in epoch milliseconds. It is 01:00 where daylight saving skips midnight (São
 * Paulo, 2017-10-15). A day that a zone skipped altogether (Apia, 2011-12-30) begins with the day after it. Throws as `inZone` does.
 */
export const cutoffInstant = ({ zone }: Pick<PaySchedule, 'zone'>, endDate: string): number =>
  inZone(zone, () => Temporal.PlainDate.from(endDate).toZonedDateTime(zone).epochMilliseconds);

const LENGTH: Record<Frequency, Temporal.DurationLike> = {
  daily: { days: 1 },
  weekly: { weeks: 1 },
  monthly: { months: 1 },
};

/** The last cut-off on or before a date. */
const CUTOFF_ON_OR_BEFORE: Record<Frequency, (date: Temporal.PlainDate, weekday: number) => Temporal.PlainDate> = {
  daily: (date) => date,
  weekly: (date, weekday) => date.subtract({ days: (date.dayOfWeek - weekday + 7) % 7 }),
  monthly: (date) => date.with({ day: 1 }),
};

const cutoffOnOrBefore = ({ frequency, weekday }: PaySchedule, date: Temporal.PlainDate): Temporal.PlainDate =>
  CUTOFF_ON_OR_BEFORE[frequency](date, weekday ?? 1);

const periodTo = ({ frequency }: PaySchedule, end: Temporal.PlainDate): Period => ({
  start: end.subtract(LENGTH[frequency]).toString(),
  end: end.toString(),
});

/** The period whose cut-off is on a date. Throws Failure `invalid_input` with the two nearest cut-offs where there is none. */
export function periodEndingOn(schedule: PaySchedule, date: string): Period {
  const asked = Temporal.PlainDate.from(date);
  const last = cutoffOnOrBefore(schedule, asked);
  if (last.equals(asked)) return periodTo(schedule, last);
  const next = last.add(LENGTH[schedule.frequency]);
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
  return periodTo(schedule, latest.subtract(LENGTH[schedule.frequency]));
}

/** The periods of a schedule that end after an instant in epoch milliseconds, beginning with the one that is still open. */
export function nextPeriods(schedule: PaySchedule, fromMs: number, count: number): Period[] {
  const length = LENGTH[schedule.frequency];
  const ends: Temporal.PlainDate[] = [];
  let end = Temporal.PlainDate.from(lastPeriodBefore(schedule, fromMs).end);
  while (ends.length < count) ends.push((end = end.add(length)));
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
