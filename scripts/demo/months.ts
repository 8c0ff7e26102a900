import { Temporal } from 'temporal-polyfill';

/** The cut-off of a month's run: the first day of the next month, as a local date. */
export const cutoffOf = (month: string): string =>
  Temporal.PlainYearMonth.from(month).add({ months: 1 }).toPlainDate({ day: 1 }).toString();

export const monthBefore = (month: string): string =>
  Temporal.PlainYearMonth.from(month).subtract({ months: 1 }).toString();

/** This is more than the longest time between a pay date and its next business day. */
const PAY_DATE_DAYS_MAX = 4;

/** The last month whose pay date has certainly passed. */
export const lastPaidMonth = (nowMs: number): string =>
  Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDate()
    .subtract({ days: PAY_DATE_DAYS_MAX })
    .toPlainYearMonth()
    .subtract({ months: 1 })
    .toString();
