import { z } from 'zod';

/** The spans of time whose events are counted together, by the calendar in the zone of the program's schedule. */
export const WINDOWS = ['event', 'month', 'quarter', 'half-year', 'year', 'lifetime', 'promotion'] as const;

/** The windows of the calendar, which follow each other. */
export const CALENDAR_WINDOWS = ['month', 'quarter', 'half-year', 'year'] as const;

export const Window = z.enum(WINDOWS).meta({
  description:
    "The events that are counted together: each event by itself, those of a calendar month, quarter, half-year or year in the zone of the program's schedule, all of them, or those of the promotion from `when.from` until `when.until`",
  examples: ['quarter'],
});
export type Window = z.infer<typeof Window>;

const MONTHS_IN = { month: 1, quarter: 3, 'half-year': 6, year: 12 };
const MONTHS_A_YEAR = 12;
const MONTH_DIGITS = 2;

/** A date before every event that is accepted, and the first of a window without a beginning. */
export const BEGINNING = '1970-01-01';

const firstOfMonth = (year: number, month: number): string => {
  const index = year * MONTHS_A_YEAR + month - 1;
  return `${Math.floor(index / MONTHS_A_YEAR)}-${String((index % MONTHS_A_YEAR) + 1).padStart(MONTH_DIGITS, '0')}-01`;
};

/** The first local date of the window that a date is in. Null for an incentive that looks at each event alone. */
export function windowStart(window: Window, date: string, promotionFrom = BEGINNING): string | null {
  if (window === 'event') return null;
  if (window === 'lifetime') return BEGINNING;
  if (window === 'promotion') return promotionFrom;
  const [year = 0, month = 0] = date.split('-').map(Number);
  return firstOfMonth(year, Math.floor((month - 1) / MONTHS_IN[window]) * MONTHS_IN[window] + 1);
}

/** The first local date after a window. Null for a window without an end. */
export function windowEnd(window: Window, start: string, promotionUntil?: string): string | null {
  if (window === 'event' || window === 'lifetime') return null;
  if (window === 'promotion') return promotionUntil ?? null;
  return monthsLater(start, MONTHS_IN[window]);
}

/** The first local date of the window that is compared with this one: the next one, or the same one a year later. */
export function windowAfter(window: Window, start: string, against: 'previous' | 'last-year'): string | null {
  if (window === 'event' || window === 'lifetime' || window === 'promotion') return null;
  return monthsLater(start, against === 'last-year' ? MONTHS_A_YEAR : MONTHS_IN[window]);
}

function monthsLater(start: string, months: number): string {
  const [year = 0, month = 0] = start.split('-').map(Number);
  return firstOfMonth(year, month + months);
}
