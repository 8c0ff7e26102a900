import { describe, expect, it } from 'vitest';

import { atPar } from '../../../domain/earnings/conversion.ts';
import { explain, type Explained } from '../../../domain/earnings/explanation.ts';
import { remainingOf } from '../../../domain/earnings/refund.ts';
import { addMeasures, worthOfWindow } from '../../../domain/earnings/scope.ts';
import { targetsOf } from '../../../domain/earnings/target.ts';
import type { Event } from '../../../domain/event.ts';
import { incentiveOf, type PlanTerms } from '../../../domain/programs/plan.ts';
import { NOTHING } from '../../../domain/programs/incentives/index.ts';
import { flat, percent, plan, refund, sale } from './events.ts';

const EACH = { window: 'month', unit: 'USD' };
const commission = (pay: object) =>
  plan(percent('10', { ...EACH, pay: { rule: 'percent', percent: '10', mostEach: '50.00', ...pay } }));

const measuresOf = (some: Event, terms: PlanTerms, refunds: Event[] = []) =>
  targetsOf(remainingOf(some, refunds), terms, { zone: 'UTC' }, atPar)[0]?.measures ?? NOTHING;
const sumOf = (events: readonly Event[], terms: PlanTerms) =>
  events.map((one) => measuresOf(one, terms)).reduce(addMeasures, NOTHING);
const worthOf = (terms: PlanTerms, measures = NOTHING) =>
  worthOfWindow(
    [{ versionId: 1, sinceMs: 0, measures }],
    () => incentiveOf(terms, terms.incentives[0]?.id ?? ''),
    'USD',
  );

describe('given 10 %, at most 50.00 for one order', () => {
  it.each([
    { sales: [80_000n], worth: 5000n, because: 'one order pays no more than that' },
    { sales: [80_000n, 90_000n, 30_000n], worth: 13_000n, because: 'each order has its own most' },
    { sales: [50_000n, 50_001n], worth: 10_000n, because: 'a part of a cent more is cut off' },
    { sales: [5n, 5n, 5n, 5n], worth: 2n, because: 'the window is rounded, and not each of its orders' },
    { sales: [80_000n, 90_000n, 30_000n], most: '120.00', worth: 12_000n, because: 'the month has a most, too' },
  ])('when orders of $sales cents are sold then they are worth $worth cents, because $because', (given) => {
    const terms = commission(given.most === undefined ? {} : { most: given.most });
    expect(
      worthOf(
        terms,
        sumOf(
          given.sales.map((minor) => sale(minor)),
          terms,
        ),
      ),
    ).toBe(given.worth);
  });

  it('when a part of an order goes back then it earns by what is left of it', () => {
    const terms = commission({});
    expect(worthOf(terms, measuresOf(sale(80_000n), terms, [refund(20_000n)]))).toBe(5000n);
    expect(worthOf(terms, measuresOf(sale(80_000n), terms, [refund(50_000n)]))).toBe(3000n);
    expect(worthOf(terms, measuresOf(sale(80_000n), terms, [refund(null)]))).toBe(0n);
  });

  it('when half of an order is collected then half of its most is earned', () => {
    const terms = plan({
      ...percent('10', { ...EACH, release: 'collected' }),
      pay: { rule: 'percent', percent: '10', mostEach: '50.00' },
    });
    const half = { ...remainingOf(sale(80_000n), []), collectedMinor: 40_000n };
    const [target] = targetsOf(half, terms, { zone: 'UTC' }, atPar);
    expect(worthOf(terms, target?.measures)).toBe(2500n);
  });

  it('when units are paid then one order has its most by units', () => {
    const terms = plan(
      flat('2.00', { ...EACH, measure: 'quantity', pay: { rule: 'flat', amount: '2.00', mostEach: '5.00' } }),
    );
    expect(worthOf(terms, sumOf([sale(100n, { quantity: 2 }), sale(100n, { quantity: 9 })], terms))).toBe(900n);
  });

  it('when an earning is explained then it says which part of the volume has its most', () => {
    const terms = commission({});
    const measures = measuresOf(sale(90_000n), terms);
    const earning: Explained = {
      kind: 'sale',
      revision: 1,
      incentiveId: 'commission',
      versionId: 1,
      sinceMs: 0,
      currency: 'USD',
      minor: 5000n,
      measures,
      before: {
        minor: 8000n,
        segments: [{ versionId: 1, sinceMs: 0, measures: sumOf([sale(80_000n), sale(30_000n)], terms) }],
      },
      availableOn: '2026-03-24',
      child: null,
      scope: { window: 'month', start: '2026-03-01', group: '', closesOn: null },
      part: null,
      lacks: null,
      insteadOf: null,
      lateFor: null,
      partner: null,
      converted: null,
      unfunded: null,
      budgetDays: null,
    };
    expect(explain(earning, () => terms)).toMatchObject({
      inputs: { percent: '10', mostEach: '50.00 USD', volumeBefore: '1100.00 USD' },
      steps: [
        'the volume goes from 1100.00 USD to 2000.00 USD',
        '10 % of 300.00 USD is 30 USD',
        'at most 50.00 USD for one event: 100.00 USD for 1700.00 USD',
        'the window is worth 130.00 USD, rounded',
        'less 80.00 USD earned before: 50.00 USD',
        'held 14 days from 2026-03-10: until 2026-03-24',
      ],
    });
  });
});
