/** Lengths of time in milliseconds. A day is one of 24 hours; calendar days are `calendar.ts`'s. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
