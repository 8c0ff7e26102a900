import { CUSTOMERS } from '../programs/incentives/measure.ts';
import { bySince, type Segment } from './scope.ts';

/** The customers of a window, each of whom counts once while an event of theirs has something left. */

/** The events of one customer under the terms of one segment. `base` counts those of the window that is compared. */
export type CustomerEvents = {
  readonly customer: string;
  readonly versionId: number;
  readonly sinceMs: number;
  readonly events: bigint;
  readonly base: bigint;
};

/** By customer: their events, one entry for each segment. */
export type Customers = Map<string, readonly CustomerEvents[]>;

/** Whether a scope counts customers, as the name of its measure says. */
export const countsCustomers = ({ measure }: { readonly measure: string }): boolean =>
  measure.split(' ')[0] === CUSTOMERS;

/** The customers of a change stand in the first segment in which they have an event. */
const firstWith = (entries: readonly CustomerEvents[], field: 'events' | 'base'): CustomerEvents | undefined =>
  entries.filter((entry) => entry[field] > 0n).toSorted(bySince)[0];

/**
 * Changes the number of events of a customer, and returns the measures that this adds to segments: the customer moves to the first segment
 * in which they have an event now, or leaves the window.
 */
export function changeCustomer(customers: Customers, change: CustomerEvents): Segment[] {
  const before = customers.get(change.customer) ?? [];
  const isSame = ({ versionId, sinceMs }: CustomerEvents) =>
    versionId === change.versionId && sinceMs === change.sinceMs;
  const known = before.find(isSame);
  const changed = {
    ...change,
    events: (known?.events ?? 0n) + change.events,
    base: (known?.base ?? 0n) + change.base,
  };
  const after = [...before.filter((entry) => !isSame(entry)), changed];
  customers.set(change.customer, after);
  return (['events', 'base'] as const).flatMap((field) => {
    const [from, to] = [firstWith(before, field), firstWith(after, field)];
    if (from && to && bySince(from, to) === 0) return [];
    return [...(from ? [segmentOf(from, field, -1n)] : []), ...(to ? [segmentOf(to, field, 1n)] : [])];
  });
}

const segmentOf = ({ versionId, sinceMs }: CustomerEvents, field: 'events' | 'base', by: bigint): Segment => ({
  versionId,
  sinceMs,
  measures: { volume: field === 'events' ? by : 0n, of: 0n, base: field === 'base' ? by : 0n },
});
