import { Temporal } from 'temporal-polyfill';

import { DAY_MS } from './durations.ts';
import { Failure } from './errors.ts';
import { steadyOffset } from './offsets.ts';

/** Dates and zones as the IANA database knows them. Local dates are `YYYY-MM-DD`, instants epoch milliseconds. */

/** The areas of the IANA database whose zones are places. */
const PLACE = /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\//;

/**
 * A zone as the IANA database writes it, or undefined: `europe/berlin` is `Europe/Berlin`. Only places and `UTC` are zones. An offset such
 * as `+01:00` has no daylight saving. An abbreviation such as `EST`, or an old name such as `US/Eastern`, is not the same zone
 * everywhere, and other systems may not know it.
 */
export function canonicalZone(text: string): string | undefined {
  if (!/^[A-Za-z]/.test(text)) return undefined;
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    if (timeZoneId === 'UTC' || timeZoneId === 'Etc/UTC') return 'UTC';
    return PLACE.test(timeZoneId) ? timeZoneId : undefined;
  } catch {
    return undefined;
  }
}

/** Works something out in a zone. Throws Failure `zone_not_known` where this system's time-zone data lacks it. */
export function inZone<Result>(zone: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (canonicalZone(zone) !== undefined) throw error;
    const message = `This system does not know the time zone ${zone} of a pay schedule, so nothing was worked out or changed. An operator gives the schedule another zone: PATCH /v1/schedules/{code}.`;
    throw new Failure('zone_not_known', message, { cause: error });
  }
}

/** The calendar date that a zone's clocks show at an instant in epoch milliseconds. Throws as `inZone` does. */
export const localDate = (instantMs: number, zone: string): string =>
  inZone(zone, () => {
    const offset = isOrdinary(instantMs) ? steadyOffset(zone, Math.floor(instantMs / DAY_MS)) : null;
    if (offset !== null) return dateOfDay(Math.floor((instantMs + offset) / DAY_MS));
    return Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone).toPlainDate().toString();
  });

/** A century has fewer days. */
const DATES_KEPT_MAX = 40_000;
const dates = new Map<number, string>();

/** The date of a day, counted from 1970. It is remembered, because each event asks for its own several times. */
function dateOfDay(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  if (dates.size >= DATES_KEPT_MAX) dates.clear();
  const date = new Date(day * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
  dates.set(day, date);
  return date;
}

/** Whole milliseconds of the years from 1970 on that have four digits in every zone. */
const isOrdinary = (instantMs: number): boolean =>
  Number.isInteger(instantMs) && instantMs >= DAY_MS && instantMs < Date.UTC(9999);

/** The instant in epoch milliseconds at which a date begins in a zone. Throws as `inZone` does. */
export const startOfDay = (date: string, zone: string): number =>
  inZone(zone, () => Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds);

/** The instants of some days, from the first one until the last one, exclusive. Without an end, they go on. */
export const instantsOfDays = ({ from, until }: { from: string; until: string | null }, zone: string) => ({
  from: new Date(startOfDay(from, zone)),
  until: until === null ? null : new Date(startOfDay(until, zone)),
});

/** A date so many days later. Throws RangeError where the text is not a date. */
export function addDays(date: string, days: number): string {
  const startMs = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(startMs)) throw new RangeError(`${date} is not a date`);
  return dateOfDay(startMs / DAY_MS + days);
}

export const addMonths = (date: string, months: number): string =>
  Temporal.PlainDate.from(date).add({ months }).toString();

/** Local dates as `YYYY-MM-DD` on which banks do not settle, besides weekends. */
export type ClosedDates = ReadonlySet<string>;

/** Whether banks settle on a date: it is neither on a weekend nor closed. */
export const isBusinessDay = (date: Temporal.PlainDate, closed: ClosedDates): boolean =>
  date.dayOfWeek <= 5 && !closed.has(date.toString());
