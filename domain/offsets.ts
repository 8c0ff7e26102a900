import { Temporal } from 'temporal-polyfill';

import { DAY_MS } from './durations.ts';

/** So many days are remembered. A year of a hundred zones fits, and the memory stays below a few megabytes. */
const DAYS_KEPT_MAX = 40_000;

const NANOSECONDS = 1_000_000;

const offsetsByZone = new Map<string, Map<number, number | null>>();
let daysKept = 0;

/**
 * The offset in milliseconds that a zone has from the day before a day of UTC to the day after it; null if its clocks change in these
 * days. Days are counted from 1970. The offset is remembered, because events of few days come in large numbers, and working it out takes
 * a hundred times as long. Throws RangeError for a zone that this system does not know.
 */
export function steadyOffset(zone: string, day: number): number | null {
  const known = offsetsByZone.get(zone)?.get(day);
  if (known !== undefined) return known;
  const offset = workOut(zone, day);
  if (daysKept >= DAYS_KEPT_MAX) offsetsByZone.clear();
  daysKept = offsetsByZone.size === 0 ? 1 : daysKept + 1;
  const offsets = offsetsByZone.get(zone) ?? new Map<number, number | null>();
  offsetsByZone.set(zone, offsets.set(day, offset));
  return offset;
}

function workOut(zone: string, day: number): number | null {
  const start = Temporal.Instant.fromEpochMilliseconds((day - 1) * DAY_MS).toZonedDateTimeISO(zone);
  const change = start.getTimeZoneTransition('next');
  const isSteady = change === null || change.epochMilliseconds > (day + 2) * DAY_MS;
  return isSteady ? start.offsetNanoseconds / NANOSECONDS : null;
}
