import { Temporal } from 'temporal-polyfill';

import { DAY_MS } from '../durations.ts';

/** The offsets of so many days are kept. A file rarely has more than a few years, and memory is bounded. */
const DAYS_KEPT_MAX = 40_000;

const NANOSECONDS = 1_000_000;

/**
 * Makes the clock of a zone: it turns a wall time into its instant. Both are milliseconds, and the wall time is counted as if its clock
 * were UTC. A time that daylight saving skips moves forward by the gap, and the earlier of two equal times counts, as
 * Temporal's `compatible` says. The offset of a day without a change is kept, because a file has few days and many rows.
 */
export function createWallClock(zone: string): (wallMs: number) => number {
  const offsets = new Map<number, number | null>();
  const offsetOf = (day: number): number | null => {
    const known = offsets.get(day);
    if (known !== undefined) return known;
    const offset = steadyOffset(zone, day);
    if (offsets.size < DAYS_KEPT_MAX) offsets.set(day, offset);
    return offset;
  };
  return (wallMs) => {
    const offset = offsetOf(Math.floor(wallMs / DAY_MS));
    return offset === null ? resolve(zone, wallMs) : wallMs - offset;
  };
}

/** The offset in milliseconds that holds from the day before to the day after; null if it changes in these days. */
function steadyOffset(zone: string, day: number): number | null {
  const start = Temporal.Instant.fromEpochMilliseconds((day - 1) * DAY_MS).toZonedDateTimeISO(zone);
  const change = start.getTimeZoneTransition('next');
  const isSteady = change === null || change.epochMilliseconds > (day + 2) * DAY_MS;
  return isSteady ? start.offsetNanoseconds / NANOSECONDS : null;
}

function resolve(zone: string, wallMs: number): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}
