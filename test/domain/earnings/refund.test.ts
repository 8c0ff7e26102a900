import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { remainingOf, whyNotAbout } from '../../../domain/earnings/refund.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { event, refund, sale, usd } from './events.ts';

const SOLD = sale(8000n, { amounts: { shipping: '12.00', tax: '6.40' }, quantity: 4 });

describe('given a sale of 80.00 with 12.00 shipping, 6.40 tax and four units', () => {
  it.each([
    {
      back: [refund(4000n)],
      left: { minor: 4000n, quantity: 4, isGone: false, otherAmounts: { shipping: 1200n, tax: 640n } },
      because: 'only the goods came back',
    },
    {
      back: [refund(4000n, { amounts: { shipping: '0.00' } })],
      left: { minor: 4000n, quantity: 4, isGone: false, otherAmounts: { shipping: 1200n, tax: 640n } },
      because: 'the refund says that no shipping came back',
    },
    {
      back: [refund(4000n, { amounts: { tax: '3.20' }, quantity: 2 })],
      left: { minor: 4000n, quantity: 2, isGone: false, otherAmounts: { shipping: 1200n, tax: 320n } },
      because: 'half the goods, half the tax and two units came back',
    },
    {
      back: [refund(null, { amounts: { shipping: '12.00' }, currency: 'USD' })],
      left: { minor: 8000n, quantity: 4, isGone: false, otherAmounts: { shipping: 0n, tax: 640n } },
      because: 'only the shipping came back',
    },
    {
      back: [refund(null)],
      left: { minor: 0n, quantity: 0, isGone: true, otherAmounts: { shipping: 0n, tax: 0n } },
      because: 'a refund that names nothing takes back the whole',
    },
    {
      back: [refund(5000n), refund(5000n, { id: 'refund-2' })],
      left: { minor: 0n, quantity: 0, isGone: true, otherAmounts: { shipping: 1200n, tax: 640n } },
      because: 'all goods came back, no measure falls below zero, and the shipping stays',
    },
    {
      back: [refund(4000n, { currency: 'EUR' })],
      left: { minor: 8000n, quantity: 4, isGone: false, otherAmounts: { shipping: 1200n, tax: 640n } },
      because: 'a refund in another currency does not fit',
    },
  ])('when $back.0.minor is refunded then the rest is left: $because', ({ back, left }) => {
    expect(remainingOf(SOLD, back)).toMatchObject(left);
  });

  it('then refunds leave the same, in whatever order and batches they come', () => {
    const refunds = fc.array(
      fc
        .record({ minor: fc.bigInt({ min: 1n, max: 9000n }), tax: fc.bigInt({ min: 0n, max: 700n }) })
        .map(({ minor, tax }) => refund(minor, { amounts: { tax: (Number(tax) / 100).toFixed(2) } })),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        refunds.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const left = remainingOf(SOLD, all);
          expect(remainingOf(SOLD, shuffled)).toEqual(left);
          expect([left.minor ?? -1n, ...Object.values(left.otherAmounts)].every((minor) => minor >= 0n)).toBe(true);
        },
      ),
      RUNS,
    );
  });
});

describe('given an event without an amount', () => {
  it('when its units are refunded then it is gone with the last one', () => {
    const training = event({ kind: 'training', quantity: 2 });
    const back = (n: number) => refund(null, { id: `refund-${n}`, quantity: 1 });
    expect(remainingOf(training, [back(1)])).toMatchObject({ quantity: 1, isGone: false });
    expect(remainingOf(training, [back(1), back(2)])).toMatchObject({ quantity: 0, isGone: true });
  });
});

describe('given a refund', () => {
  const training = event({ kind: 'training' });

  it.each([
    { some: refund(100n), of: sale(1000n), reason: undefined },
    { some: refund(null), of: training, reason: undefined },
    { some: refund(100n), of: training, reason: /only a refund of the whole/ },
    { some: refund(100n), of: sale(0n), reason: /only a refund of the whole/ },
    { some: refund(100n), of: sale(1000n, { id: 'order-2:1' }), reason: /does not refund order-2:1/ },
    { some: refund(100n), of: event({ currency: 'EUR', amount: '10' }), reason: /is in EUR/ },
    { some: refund(100n), of: sale(1000n, { partner: 'other' }), reason: undefined },
    { some: refund(100n), of: sale(1000n, { program: 'other' }), reason: /belongs to program other/ },
    { some: refund(100n, { amounts: { tax: '1.00' } }), of: sale(1000n), reason: /has no amount tax/ },
    { some: refund(100n, { quantity: 1 }), of: sale(1000n), reason: /has no quantity/ },
    { some: refund(100n), of: { ...refund(50n), id: 'order-1:1' }, reason: /is a refund itself/ },
    { some: event(usd(100n)), of: sale(1000n), reason: /not a refund/ },
  ])('when it is compared with its sale then the objection is $reason', ({ some, of, reason }) => {
    if (reason) expect(whyNotAbout(some, of)).toMatch(reason);
    else expect(whyNotAbout(some, of)).toBeUndefined();
  });
});
