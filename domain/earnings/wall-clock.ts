import { Temporal } from 'temporal-polyfill';

import { DAY_MS } from '../durations.ts';
import { steadyOffset } from '../offsets.ts';

/**
 * Turns a wall time of a zone into its instant. Both are milliseconds, and the wall time is counted as if its clock were UTC. A time that
 * daylight saving skips moves forward by the gap, and the earlier of two equal times counts, as Temporal's `compatible` says.
 */
export function instantOfWallTime(zone: string, wallMs: number): number {
  const offset = steadyOffset(zone, Math.floor(wallMs / DAY_MS));
  if (offset !== null) return wallMs - offset;
  const wall = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}
