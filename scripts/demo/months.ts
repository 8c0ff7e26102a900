import { Temporal } from 'temporal-polyfill';

/** The cut-off of a month's run: the local date of the first of the next month. */
export const cutoffOf = (month: string): string =>
  Temporal.PlainYearMonth.from(month).add({ months: 1 }).toPlainDate({ day: 1 }).toString();

/** More than the longest wait of a pay date for its next business day. */
const PAY_DATE_DAYS_MAX = 4;

/** The last month whose pay date has surely come. */
export const lastPaidMonth = (nowMs: number): string =>
  Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDate()
    .subtract({ days: PAY_DATE_DAYS_MAX })
    .toPlainYearMonth()
    .subtract({ months: 1 })
    .toString();
