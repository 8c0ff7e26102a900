import { addDays, startOfDay } from './calendar.ts';
import { MINUTE_MS } from './durations.ts';

/**
 * How long after an instant its answer stands. Rows carry the start of their transaction, so one that is still open writes into the past.
 * No statement takes longer than half of it.
 */
export const SETTLES_MS = 10 * MINUTE_MS;

/** An instant in the past whose knowledge is asked for. A local day means its end in the zone of the pay schedule. */
export type AsOf = { readonly at: string; readonly day: null } | { readonly at: null; readonly day: string };

/** The last instant of what was known, in epoch milliseconds. */
export const instantOf = ({ at, day }: AsOf, zone: string): number =>
  at === null ? startOfDay(addDays(day, 1), zone) - 1 : Date.parse(at);

/** The reason why nobody can look back to an instant, or undefined. `sinceMs` is when what is asked about began. */
export function whyNotLookBack(
  asOf: AsOf,
  { zones, sinceMs, nowMs, what }: { zones: readonly string[]; sinceMs: number; nowMs: number; what: string },
): string | undefined {
  const instants = (zones.length === 0 ? ['UTC'] : zones).map((zone) => ({ zone, ms: instantOf(asOf, zone) }));
  const open = instants.find(({ ms }) => ms > nowMs);
  if (open) return asOf.day === null ? 'is in the future' : `is a day that is not over in ${open.zone}`;
  const settledMs = Math.max(...instants.map(({ ms }) => ms)) + SETTLES_MS;
  if (settledMs > nowMs)
    return `can be asked from ${new Date(settledMs).toISOString()} on, because bookings of that moment may still be under way`;
  if (instants.every(({ ms }) => ms < sinceMs))
    return `is before ${new Date(sinceMs).toISOString()}, when ${what} was added`;
  return undefined;
}
