import { describe, expect, it } from 'vitest';

import { type Contribution, earningsOf, ratingOfKnown } from '../../../domain/earnings/change.ts';
import type { Scope } from '../../../domain/earnings/scope-state.ts';

const scope: Scope = {
  partnerId: 1n,
  incentiveId: 'growth',
  currency: 'USD',
  window: 'quarter',
  start: '2026-01-01',
  measure: 'amount',
  group: '',
  closesOn: '2026-04-01',
  id: 1n,
  earnedMinor: 161n,
  unfundedMinor: 0n,
  closingId: 2n,
  madeBy: new Set(),
  isClosed: true,
  segments: [],
  members: new Map(),
  customers: new Map(),
};
const part = (versionId: number, minor: bigint, volume: bigint, more: Partial<Contribution> = {}): Contribution => ({
  incentiveId: 'growth',
  currency: 'USD',
  scope,
  versionId,
  sinceMs: 0,
  minor,
  uncollectedMinor: 0n,
  unfundedMinor: 0n,
  measures: { volume, of: 0n, base: 0n },
  availableOn: '2026-04-01',
  lateFor: null,
  customer: null,
  rates: [],
  ...more,
});

describe('given an event that was rated by version 1 and then by version 2', () => {
  it.each([
    { known: [part(1, 0n, 0n), part(2, 161n, 1609n)], rated: 2, because: 'the later contribution counts' },
    {
      known: [part(2, 161n, 1609n), part(1, -161n, 0n)],
      rated: 2,
      because: 'a window that closed between the two leaves earnings behind where nothing counts',
    },
    {
      known: [part(1, 500n, 0n, { scope: null })],
      rated: 1,
      because: 'an event that is paid by itself may earn a least without a measure',
    },
    { known: [part(1, 0n, 0n), part(2, 0n, 0n)], rated: 2, because: 'nothing counts any longer' },
  ])('then version $rated rates it, because $because', ({ known, rated }) => {
    expect(ratingOfKnown(known)?.versionId).toBe(rated);
  });
});

describe('given a sale that moved to another partner, in a window in which other sales count', () => {
  it('when it changes again then it makes no earning of 0.00 for the partner who had it', () => {
    const none = (): never => {
      throw new Error('nothing is worked out');
    };
    const change = { partnerId: 1n, originId: 1n, key: 'shop/1', atMs: 0, rating: null, targets: [] };
    const context = { zone: 'UTC', termsOf: none, scopeOf: none, purseFor: none };
    expect(earningsOf({ ...change, counted: [part(1, -55n, 0n)] }, context)).toEqual([]);
  });
});
