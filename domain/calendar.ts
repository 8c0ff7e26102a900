import { Temporal } from 'temporal-polyfill';

/** Dates and zones as the IANA database knows them. Local dates are `YYYY-MM-DD`, instants epoch milliseconds. */

/** Says whether a text names a zone of the IANA database. A bare offset such as `+01:00` is not a zone: it has no daylight saving. */
export function isZone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId !== '';
  } catch {
    return false;
  }
}

/** The calendar date that a zone's clocks show at an instant in epoch milliseconds. */
export const localDate = (instantMs: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).toPlainDate().toString();

export const addDays = (date: string, days: number): string => Temporal.PlainDate.from(date).add({ days }).toString();

/** Local dates as `YYYY-MM-DD` on which banks do not settle, besides weekends. */
export type ClosedDates = ReadonlySet<string>;

/** Whether banks settle on a date: it is neither on a weekend nor closed. */
export const isBusinessDay = (date: Temporal.PlainDate, closed: ClosedDates): boolean =>
  date.dayOfWeek <= 5 && !closed.has(date.toString());
