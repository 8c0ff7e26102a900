import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { remainingOf } from '../../../domain/earnings/refund.ts';
import { partOf } from '../../../domain/earnings/share.ts';
import { formatWeight, toEvent, WireEvent } from '../../../domain/event.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { refund, sale } from './events.ts';

const sharing = (...weights: number[]) => ({
  eventPartnerId: 1n,
  shares: weights.map((weight, index) => ({ partnerId: BigInt(index + 1), weight: BigInt(weight) })),
});

describe('given a sale of 100.00 that three partners share evenly', () => {
  const three = sharing(1, 1, 1);
  const whole = remainingOf(sale(10_000n, { amounts: { tax: '0.02' }, quantity: 2 }), []);
  const parts = [1n, 2n, 3n].map((id) => partOf(whole, three, id));

  it('then the spare units go to those who are named first', () => {
    expect(parts.map((part) => [part?.minor, part?.otherAmounts['tax'], part?.quantity])).toEqual([
      [3334n, 1n, 1],
      [3333n, 1n, 1],
      [3333n, 0n, 0],
    ]);
  });

  it('then it counts as one event, for the first partner', () => {
    expect(parts.map((part) => part?.isGone)).toEqual([false, true, true]);
  });

  it('then a partner who has no share has no part', () => {
    expect(partOf(whole, three, 4n)).toBeNull();
  });

  it('when a part goes back then the rest is split, and the whole before it too', () => {
    const left = remainingOf(sale(10_000n), [refund(5_000n)]);
    expect(partOf(left, three, 1n)).toMatchObject({ minor: 1667n, whole: { minor: 3334n } });
  });
});

describe('given a sale of one partner', () => {
  it('then the whole is that partner’s', () => {
    const whole = remainingOf(sale(500n), []);
    expect(partOf(whole, sharing(), 1n)).toBe(whole);
    expect(partOf(whole, sharing(), 2n)).toBeNull();
  });
});

describe('given any amount and weights', () => {
  it(`then the parts add up to the whole in ${RUNS.numRuns} cases`, () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(
        weights,
        fc.bigInt({ min: 0n, max: 10n ** 14n }),
        fc.integer({ min: 1, max: 1_000 }),
        (many, minor, quantity) => {
          const whole = remainingOf(sale(minor, { quantity }), []);
          const shared = sharing(...many);
          const parts = shared.shares.flatMap(({ partnerId }) => partOf(whole, shared, partnerId) ?? []);
          expect(parts.reduce((sum, part) => sum + (part.minor ?? 0n), 0n)).toBe(minor);
          expect(parts.reduce((sum, part) => sum + (part.quantity ?? 0), 0)).toBe(quantity);
          expect(parts.filter(({ isGone }) => !isGone)).toHaveLength(1);
        },
      ),
      RUNS,
    );
  });
});

describe('given shares as they are sent', () => {
  const shared = (shares: unknown, more: object = {}) => ({
    source: 'shop',
    id: '1',
    program: 'resale',
    partner: 'ann',
    kind: 'sale',
    occurredAt: '2026-03-01T10:00:00Z',
    currency: 'USD',
    amount: '10.00',
    shares,
    ...more,
  });
  const two = [
    { partner: 'ann', weight: '2.5' },
    { partner: 'bob', weight: '1' },
  ];

  it.each([
    { shares: [two[0]], path: 'shares', because: 'one partner shares with nobody' },
    { shares: [two[1], two[0]], path: 'shares.0.partner', because: 'the partner of the event comes first' },
    { shares: [...two, two[1]], path: 'shares.2.partner', because: 'a partner has one share' },
    {
      shares: [two[0], { partner: 'bob', weight: '0.0' }],
      path: 'shares.1.weight',
      because: 'a share is more than nothing',
    },
    { shares: [two[0], { partner: 'bob', weight: '-1' }], path: 'shares.1.weight', because: 'a weight is above 0' },
    { shares: [two[0], { partner: 'bob', weight: '1', part: 1 }], path: 'shares.1', because: 'the name is unknown' },
    { shares: Array.from({ length: 21 }, () => two[0]), path: 'shares', because: 'that is too many' },
  ])('when they are $shares then $path is refused: $because', ({ shares, path }) => {
    const issues = WireEvent.safeParse(shared(shares)).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it('when a refund names shares then it is refused: it follows its sale', () => {
    const given = shared(two, { kind: 'refund', refundOf: '0' });
    expect(WireEvent.safeParse(given).error?.issues.map(({ path }) => path.join('.'))).toEqual(['shares']);
  });

  it('then a weight is printed as it was meant', () => {
    const { shares } = toEvent(WireEvent.parse(shared(two)));
    expect(shares.map(({ weight }) => formatWeight(weight))).toEqual(['2.5', '1']);
  });
});
