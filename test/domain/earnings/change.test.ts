import { describe, expect, it } from 'vitest';

import { type Contribution, ratingOfKnown, type Scope } from '../../../domain/earnings/change.ts';

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
  closingId: 2n,
  madeBy: new Set(),
  isClosed: true,
  segments: [],
  members: new Map(),
};
const part = (versionId: number, minor: bigint, volume: bigint, more: Partial<Contribution> = {}): Contribution => ({
  incentiveId: 'growth',
  currency: 'USD',
  scope,
  versionId,
  sinceMs: 0,
  minor,
  uncollectedMinor: 0n,
  measures: { volume, of: 0n, base: 0n },
  availableOn: '2026-04-01',
  lateFor: null,
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
