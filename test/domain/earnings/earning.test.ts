import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type EarnedBefore,
  type Earning,
  earn,
  reverse,
  whyNotReverse,
  windowsOf,
} from '../../../domain/earnings/earning.ts';
import { type Event, toEvent, WireEvent } from '../../../domain/event.ts';
import type { WindowTotals } from '../../../domain/programs/incentives/incentive.ts';
import { formatMinor } from '../../../domain/money.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const zone = 'America/Sao_Paulo';
const NOTHING: WindowTotals = { basisMinor: 0n, earnedMinor: 0n };

const event = (fields: Record<string, unknown>): Event =>
  toEvent(
    WireEvent.parse({
      source: 'shop',
      id: 'order-1:1',
      program: 'marketplace',
      partner: 'seller-7',
      kind: 'sale',
      occurredAt: '2026-03-10T12:00:00-03:00',
      ...fields,
    }),
  );
const usd = (minor: bigint) => ({ currency: 'USD', amount: formatMinor(minor, 2) });
const sale = (minor: bigint, id = 'order-1:1') => event({ id, ...usd(minor) });
const refund = (minor: bigint | null, id = 'refund-1') =>
  event({ id, kind: 'refund', refundOf: 'order-1:1', ...(minor === null ? {} : usd(minor)) });

const plan = (...incentives: unknown[]): PlanTerms =>
  PlanTerms.parse({ holdDays: 14, rounding: 'half-even', incentives });
const percent = (rate: string, more: object = {}) => ({ id: 'commission', rule: 'percent', percent: rate, ...more });
const flat = (more: object = {}) => ({ id: 'bonus', rule: 'flat', amount: '5.00', currency: 'USD', ...more });
const steps = [
  { from: '0', percent: '5' },
  { from: '10.00', percent: '10' },
];
const tiers = (mode: 'marginal' | 'cliff', more: object = {}) => ({
  id: 'volume',
  rule: 'tiers',
  mode,
  window: 'month',
  currency: 'USD',
  steps,
  ...more,
});

const earned = (some: Event, terms: PlanTerms, totals = NOTHING) =>
  earn({ event: some, terms, zone, totalsOf: () => totals });
const minorsOf = (earnings: readonly Earning[]) => earnings.map(({ minor }) => minor);

describe('given a commission and a bonus', () => {
  it.each([
    { some: sale(3330n), terms: plan(percent('2.5')), minors: [83n], because: '83.25 cents round down' },
    { some: sale(100n), terms: plan(percent('2.5')), minors: [2n], because: '2.5 cents round to even' },
    { some: sale(300n), terms: plan(percent('2.5')), minors: [8n], because: '7.5 cents round to even' },
    { some: sale(0n), terms: plan(percent('2.5')), minors: [0n], because: 'an earning of zero is explained too' },
    { some: sale(1000n), terms: plan(percent('10'), flat()), minors: [100n, 500n], because: 'incentives add up' },
    { some: sale(1000n), terms: plan(flat({ perUnit: true })), minors: [], because: 'the sale counts no units' },
    {
      some: event({ ...usd(1000n), quantity: 3 }),
      terms: plan(flat({ perUnit: true })),
      minors: [1500n],
      because: 'each unit earns',
    },
    {
      some: event({ ...usd(1000n), amounts: { freight: '8.72' } }),
      terms: plan(percent('88'), percent('100', { id: 'freight', basis: 'freight' })),
      minors: [880n, 872n],
      because: 'freight is passed on in full',
    },
    {
      some: sale(1000n),
      terms: plan(percent('100', { id: 'freight', basis: 'freight' })),
      minors: [],
      because: 'there is no freight',
    },
    {
      some: event({ kind: 'training' }),
      terms: plan(percent('10')),
      minors: [],
      because: 'only sales earn a commission',
    },
    {
      some: event({ kind: 'training' }),
      terms: plan(flat({ kinds: ['training'] })),
      minors: [500n],
      because: 'an activity earns without an amount',
    },
    { some: refund(100n), terms: plan(percent('10'), flat()), minors: [], because: 'a refund earns nothing' },
  ])('when its earnings are computed then $minors: $because', ({ some, terms, minors }) => {
    expect(minorsOf(earned(some, terms))).toEqual(minors);
  });

  it('then the explanation shows the partner every cent and the day', () => {
    expect(earned(sale(3330n), plan(percent('2.5')))).toEqual([
      {
        incentiveId: 'commission',
        minor: 83n,
        currency: 'USD',
        basisMinor: 3330n,
        windowStart: null,
        availableOn: '2026-03-24',
        explanation: {
          rule: 'percent',
          inputs: { amount: '33.30 USD', percent: '2.5' },
          steps: [
            '2.5 % of 33.30 USD is 0.8325 USD',
            'rounded: 0.83 USD',
            'held 14 days from 2026-03-10: until 2026-03-24',
          ],
          rounding: 'half-even',
        },
      },
    ]);
  });
});

describe('given a promotion from 10 March until 12 March in São Paulo', () => {
  const terms = plan(flat({ from: '2026-03-10', until: '2026-03-12' }));

  it.each([
    { occurredAt: '2026-03-10T02:59:59Z', bonus: false, because: 'it is still the 9th in São Paulo' },
    { occurredAt: '2026-03-10T03:00:00Z', bonus: true, because: 'the 10th begins' },
    { occurredAt: '2026-03-12T02:59:59Z', bonus: true, because: 'it is still the 11th in São Paulo' },
    { occurredAt: '2026-03-12T03:00:00Z', bonus: false, because: 'the promotion does not include its last day' },
  ])('when a sale happens at $occurredAt then it earns the bonus: $bonus, $because', ({ occurredAt, bonus }) => {
    expect(earned(event({ ...usd(100n), occurredAt }), terms).length > 0).toBe(bonus);
  });
});

describe('given 5 % up to 10 dollars and 10 % from there', () => {
  it.each([
    { mode: 'marginal', before: 0n, earnedBefore: 0n, minor: 400n, gain: 20n, because: 'it stays in the first step' },
    {
      mode: 'marginal',
      before: 800n,
      earnedBefore: 40n,
      minor: 400n,
      gain: 30n,
      because: 'half of the sale is above the step',
    },
    {
      mode: 'cliff',
      before: 800n,
      earnedBefore: 40n,
      minor: 199n,
      gain: 10n,
      because: 'the volume is one cent below the step',
    },
    {
      mode: 'cliff',
      before: 800n,
      earnedBefore: 40n,
      minor: 200n,
      gain: 60n,
      because: 'all ten dollars now earn 10 %',
    },
    { mode: 'cliff', before: 0n, earnedBefore: 0n, minor: 0n, gain: 0n, because: 'nothing was sold' },
    {
      mode: 'marginal',
      before: 1000n,
      earnedBefore: 100n,
      minor: 200n,
      gain: 0n,
      because: 'a refund left 50 too much',
    },
  ] as const)('when $minor is sold after $before ($mode) then it earns $gain: $because', (row) => {
    const { mode, before, earnedBefore, minor, gain } = row;
    const totals = { basisMinor: before, earnedMinor: earnedBefore };
    expect(minorsOf(earned(sale(minor), plan(tiers(mode)), totals))).toEqual([gain]);
  });

  it.each([
    { window: 'month', start: '2026-02-01' },
    { window: 'quarter', start: '2026-01-01' },
    { window: 'year', start: '2026-01-01' },
    { window: 'lifetime', start: '1970-01-01' },
  ])('when the window is a $window then a sale late on 28 February counts from $start', ({ window, start }) => {
    const late = event({ ...usd(100n), occurredAt: '2026-03-01T01:00:00Z' });
    const input = { event: late, terms: plan(percent('1'), tiers('marginal', { window })), zone };
    expect(windowsOf(input)).toEqual([{ incentiveId: 'volume', windowStart: start }]);
    expect(earned(late, input.terms).map(({ windowStart }) => windowStart)).toEqual([null, start]);
  });

  it('when a sale is in another currency then it does not count', () => {
    expect(earned(event({ currency: 'EUR', amount: '5.00' }), plan(tiers('marginal')))).toEqual([]);
  });
});

type Tier = { from: number; bps: number };

/** The worth of a volume before rounding, in ten-thousandths of a cent, computed cent by cent. It is slow, and differs from the product's method. */
const WORTH = {
  marginal: (tierList: readonly Tier[], volume: number) =>
    Array.from({ length: volume }, (_, cent) => tierList.findLast(({ from }) => from <= cent)?.bps ?? 0).reduce(
      (total, bps) => total + bps,
      0,
    ),
  cliff: (tierList: readonly Tier[], volume: number) =>
    volume * (tierList.findLast(({ from }) => from <= volume)?.bps ?? 0),
};

const tierLists = fc
  .uniqueArray(fc.integer({ min: 1, max: 1500 }), { maxLength: 4 })
  .chain((froms) =>
    fc.tuple(
      fc.constant([0, ...froms.toSorted((a, b) => a - b)]),
      fc.array(fc.nat(10_000), { minLength: 5, maxLength: 5 }),
    ),
  )
  .map(([froms, rates]) => {
    const rising = rates.toSorted((a, b) => a - b);
    return froms.map((from, index): Tier => ({ from, bps: rising[index] ?? 0 }));
  });
const planOf = (mode: 'marginal' | 'cliff', tierList: readonly Tier[]) =>
  plan(
    tiers(mode, {
      steps: tierList.map(({ from, bps }) => ({
        from: formatMinor(BigInt(from), 2),
        percent: formatMinor(BigInt(bps), 2),
      })),
    }),
  );

describe.each(['marginal', 'cliff'] as const)('given any %s tiers and any sales in one window', (mode) => {
  it('then after every sale all earnings add up to the rounded worth of the volume, and none is below zero', () => {
    const sales = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(tierLists, sales, (tierList, amounts) => {
        const terms = planOf(mode, tierList);
        let totals = NOTHING;
        for (const amount of amounts) {
          const [gain] = earned(sale(BigInt(amount)), terms, totals);
          if (!gain) throw new Error('a sale in the currency of the tiers always counts');
          expect(gain.minor >= 0n).toBe(true);
          totals = { basisMinor: totals.basisMinor + gain.basisMinor, earnedMinor: totals.earnedMinor + gain.minor };
          const twiceOff =
            2 * Math.abs(WORTH[mode](tierList, Number(totals.basisMinor)) - Number(totals.earnedMinor) * 10_000);
          expect(twiceOff).toBeLessThanOrEqual(10_000);
        }
      }),
      RUNS,
    );
  });
});

describe('given a cliff at 10 dollars that was reached, and a refund of the larger sale afterwards', () => {
  it('when the step is reached again then the partner has earned the worth of the volume, and the step only once', () => {
    const terms = plan(tiers('cliff'));
    const [first] = earned(sale(900n), terms);
    const [second] = earned(sale(100n), terms, { basisMinor: 900n, earnedMinor: first?.minor ?? 0n });
    const [back] = reverse({ refund: refund(null), sale: sale(900n), earnings: before(first), refundedBefore: 0n });
    const kept = minorsOf([first, second, back].flatMap((some) => some ?? [])).reduce((a, b) => a + b);
    const [third] = earned(sale(900n), terms, { basisMinor: 100n, earnedMinor: kept });
    expect([first?.minor, second?.minor, back?.minor, third?.minor]).toEqual([45n, 55n, -45n, 45n]);
  });
});

const before = (earning: Earning | undefined, reversedMinor = 0n, reversedBasisMinor = 0n): EarnedBefore[] =>
  earning ? [{ ...earning, reversedMinor, reversedBasisMinor }] : [];

describe('given a sale of 10.00 that earned 0.33', () => {
  const [earning] = earned(sale(1000n), plan(percent('3.3')));

  it.each([
    { part: 500n, refundedBefore: 0n, reversed: 0n, back: -16n, because: 'half of 33 is 16.5, to even' },
    { part: 500n, refundedBefore: 500n, reversed: 16n, back: -17n, because: 'the second half takes the rest' },
    { part: null, refundedBefore: 500n, reversed: 16n, back: -17n, because: 'the whole refund covers the remainder' },
    { part: 9999n, refundedBefore: 0n, reversed: 0n, back: -33n, because: 'it never takes more than was earned' },
    { part: 1n, refundedBefore: 1000n, reversed: 33n, back: 0n, because: 'nothing is left' },
    { part: null, refundedBefore: 1000n, reversed: 33n, back: 0n, because: 'nothing is left' },
    { part: 1n, refundedBefore: 0n, reversed: 0n, back: 0n, because: 'a thousandth of 33 rounds to zero' },
  ])(
    'when $part is refunded after $refundedBefore then $back: $because',
    ({ part, refundedBefore, reversed, back }) => {
      const earnings = before(earning, reversed, refundedBefore);
      expect(minorsOf(reverse({ refund: refund(part), sale: sale(1000n), earnings, refundedBefore }))).toEqual([back]);
    },
  );

  it('then the reversal keeps the hold of the sale, and states when a refund exceeded the sale', () => {
    const [back] = reverse({ refund: refund(2000n), sale: sale(1000n), earnings: before(earning), refundedBefore: 0n });
    expect(back).toMatchObject({ incentiveId: 'commission', basisMinor: -1000n, availableOn: earning?.availableOn });
    expect(back?.explanation.steps[0]).toBe('20.00 USD refunded is more than the sale: 10.00 USD counts');
  });
});

describe('given any sale and any refunds of it', () => {
  it('then they never take back more than was earned. They take as much as one refund of their sum, and everything at the end', () => {
    const refunds = fc.array(fc.bigInt({ min: 1n, max: 60_000n }), { minLength: 1, maxLength: 8 });
    const sales = fc.bigInt({ min: 1n, max: 100_000n });
    const rates = fc.integer({ min: 0, max: 10_000 }).map((bps) => formatMinor(BigInt(bps), 2));
    fc.assert(
      fc.property(sales, rates, refunds, (saleMinor, rate, parts) => {
        const [earning] = earned(sale(saleMinor), plan(percent(rate)));
        const all = earning?.minor ?? 0n;
        let refundedBefore = 0n;
        let taken = { minor: 0n, basis: 0n };
        for (const part of [...parts, null]) {
          const earnings = before(earning, taken.minor, taken.basis);
          const [back] = reverse({ refund: refund(part), sale: sale(saleMinor), earnings, refundedBefore });
          taken = { minor: taken.minor - (back?.minor ?? 0n), basis: taken.basis - (back?.basisMinor ?? 0n) };
          refundedBefore += part ?? 0n;
          expect((back?.minor ?? 1n) <= 0n && taken.minor <= all && taken.basis <= saleMinor).toBe(true);
          if (part === null) continue;
          const once = reverse({
            refund: refund(refundedBefore),
            sale: sale(saleMinor),
            earnings: before(earning),
            refundedBefore: 0n,
          });
          expect(minorsOf(once)).toEqual([-taken.minor]);
        }
        expect(taken).toEqual({ minor: all, basis: saleMinor });
      }),
      RUNS,
    );
  });
});

describe('given a refund that does not fit', () => {
  const training = event({ kind: 'training' });

  it.each([
    { some: refund(100n), of: sale(1000n), reason: undefined },
    { some: refund(null), of: training, reason: undefined },
    { some: refund(100n), of: training, reason: /only a refund of the whole/ },
    { some: refund(100n), of: sale(0n), reason: /only a refund of the whole/ },
    { some: refund(100n), of: sale(1000n, 'order-2:1'), reason: /does not refund order-2:1/ },
    { some: refund(100n), of: event({ currency: 'EUR', amount: '10' }), reason: /is in EUR/ },
    { some: refund(100n), of: event({ ...usd(1000n), partner: 'other' }), reason: /belongs to partner other/ },
    { some: refund(100n), of: event({ ...usd(1000n), program: 'other' }), reason: /belongs to program other/ },
    { some: refund(100n), of: { ...refund(50n), id: 'order-1:1' }, reason: /is a refund itself/ },
    { some: sale(100n), of: sale(1000n), reason: /not a refund/ },
  ])('when it is checked then the objection is $reason', ({ some, of, reason }) => {
    const objection = whyNotReverse(some, of);
    if (!reason) return expect(objection).toBeUndefined();
    expect(objection).toMatch(reason);
    expect(() => reverse({ refund: some, sale: of, earnings: [], refundedBefore: 0n })).toThrow(/was not applied/);
  });

  it('when a training is refunded then its whole bonus is taken back', () => {
    const earnings = earned(training, plan(flat({ kinds: ['training'] }))).flatMap((some) => before(some));
    expect(minorsOf(reverse({ refund: refund(null), sale: training, earnings, refundedBefore: 0n }))).toEqual([-500n]);
  });
});
