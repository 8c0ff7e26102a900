import { describe, expect, it } from 'vitest';

import type { Scope } from '../../../domain/earnings/scope-state.ts';
import { READ } from '../../../domain/earnings/scope.ts';
import { standingOf } from '../../../domain/earnings/standing.ts';
import { NOTHING } from '../../../domain/programs/incentives/index.ts';
import { plan, steps } from './events.ts';

const LIST = [
  { from: '10', amount: '50.00' },
  { from: '30', amount: '200.00' },
];
const terms = plan(
  steps('cliff', LIST, { measure: 'reading market_share', earned: 'at-close', when: { kinds: ['reading'] } }),
);
const readings = (...values: bigint[]): Scope => ({
  partnerId: 1n,
  id: 1n,
  incentiveId: 'volume',
  currency: 'USD',
  window: 'month',
  start: '2026-03-01',
  measure: 'reading market_share at close',
  group: '',
  closesOn: '2026-04-01',
  closingId: null,
  madeBy: new Set(),
  isClosed: false,
  earnedMinor: 0n,
  unfundedMinor: 0n,
  segments: [{ versionId: 1, sinceMs: 0, measures: NOTHING }],
  customers: new Map(),
  members: new Map(
    values.map((volume, index) => [
      `${index}/1`,
      {
        originId: BigInt(index),
        key: `store/${index}`,
        atMs: index,
        versionId: 1,
        measures: { ...NOTHING, volume, base: READ },
      },
    ]),
  ),
});

describe('given a month that pays by its last reading of the market share', () => {
  it('when the last reading is 12.5 then the partner reads that, and what is missing until 30', () => {
    expect(standingOf(readings(35_000_000n, 12_500_000n), () => terms)).toEqual({
      worthMinor: 5000n,
      volume: '12.5',
      quota: null,
      ofQuota: null,
      share: null,
      lastDay: '2026-03-31',
      next: { at: '30', missing: '17.5', worthMinor: 20_000n },
    });
  });

  it('when there is no reading yet then the first step is the next one', () => {
    expect(standingOf(readings(), () => terms)).toMatchObject({ worthMinor: 0n, volume: '0', next: { at: '10' } });
  });
});
