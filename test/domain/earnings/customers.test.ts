import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { changeCustomer, type CustomerEvents, type Customers } from '../../../domain/earnings/customers.ts';
import { type Segment, withMeasures } from '../../../domain/earnings/scope.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

/** One event of a customer, under the first or the second terms of a window, in it or in the one that is compared. */
const event = fc.record({
  customer: fc.constantFrom('kim', 'lou', 'max'),
  versionId: fc.integer({ min: 1, max: 2 }),
  isBase: fc.boolean(),
  isGone: fc.boolean(),
});
type Sent = { customer: string; versionId: number; isBase: boolean; isGone: boolean };

const change = ({ customer, versionId, isBase }: Sent, by: bigint): CustomerEvents => ({
  customer,
  versionId,
  sinceMs: versionId * 1000,
  events: isBase ? 0n : by,
  base: isBase ? by : 0n,
});

function volumesOf(changes: readonly CustomerEvents[]): Record<string, string> {
  const customers: Customers = new Map();
  let segments: Segment[] = [];
  for (const one of changes) segments = changeCustomer(customers, one).reduce(withMeasures, segments);
  return Object.fromEntries(
    segments
      .filter(({ measures }) => measures.volume !== 0n || measures.base !== 0n)
      .map(({ versionId, measures }) => [versionId, `${measures.volume} ${measures.base}`]),
  );
}

/** Each customer counts in the first segment in which an event is left. */
function oracle(sent: readonly Sent[]): Record<string, string> {
  const count = (versionId: number, isBase: boolean) =>
    ['kim', 'lou', 'max'].filter((customer) => {
      const left = sent.filter((one) => one.customer === customer && one.isBase === isBase && !one.isGone);
      return left.length > 0 && Math.min(...left.map((one) => one.versionId)) === versionId;
    }).length;
  return Object.fromEntries(
    [1, 2]
      .map((versionId): [number, number, number] => [versionId, count(versionId, false), count(versionId, true)])
      .filter(([, volume, base]) => volume > 0 || base > 0)
      .map(([versionId, volume, base]) => [versionId, `${volume} ${base}`]),
  );
}

describe('given events of customers under terms that change within a window', () => {
  it('when they come, and some go back, in any order then each customer counts once, in the first segment with an event', () => {
    const story = fc.array(event, { maxLength: 8 }).chain((sent) => {
      const changes = sent.flatMap((one) => [change(one, 1n), ...(one.isGone ? [change(one, -1n)] : [])]);
      // A refund may come before the other events, and never before its own.
      return fc.shuffledSubarray(changes, { minLength: changes.length }).map((order) => ({
        sent,
        order: [...order].toSorted(
          (one, other) => Number(other.events + other.base > 0n) - Number(one.events + one.base > 0n),
        ),
        mixed: changes,
      }));
    });
    fc.assert(
      fc.property(story, ({ sent, order, mixed }) => {
        expect(volumesOf(order)).toEqual(oracle(sent));
        expect(volumesOf(mixed)).toEqual(oracle(sent));
      }),
      RUNS,
    );
  });
});
