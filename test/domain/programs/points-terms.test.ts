import { describe, expect, it } from 'vitest';

import { remainingOf } from '../../../domain/earnings/refund.ts';
import { atPar } from '../../../domain/earnings/conversion.ts';
import { targetsOf } from '../../../domain/earnings/target.ts';
import type { Event } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { whyNotUnits } from '../../../domain/programs/points.ts';

const UNIT = 'points-care';
const planOf = (...incentives: object[]) => ({ holdDays: 14, rounding: 'half-even', incentives });
const RATE = { id: 'care', unit: UNIT, currency: 'USD', pay: { rule: 'rate', earn: '2', per: '1.00' } };
const refusal = (incentive: object) => {
  const [issue] = PlanTerms.safeParse(planOf(incentive)).error?.issues ?? [];
  return issue && `${issue.path.slice(2).join('.')} ${issue.message}`;
};

const sale = (event: Partial<Event> = {}): Event => ({
  source: 'shop',
  id: 'one',
  program: 'care',
  partner: 'ann',
  kind: 'sale',
  occurredAtMs: Date.parse('2026-03-02T12:00:00Z'),
  currency: 'USD',
  minor: 12_345n,
  otherAmounts: {},
  quantity: 3,
  about: null,
  attributes: {},
  reading: null,
  revision: 1,
  shares: [],
  ...event,
});
const earned = (incentive: object, event?: Partial<Event>) =>
  targetsOf(remainingOf(sale(event), []), PlanTerms.parse(planOf(incentive)), { zone: 'UTC' }, atPar).map(
    ({ currency, minor }) => ({
      currency,
      minor,
    }),
  );

describe('given an incentive that earns points', () => {
  it.each([
    { terms: RATE, points: 247n, because: '246.9 points are rounded once' },
    { terms: { ...RATE, pay: { rule: 'rate', earn: '1', per: '10.00' } }, points: 12n, because: '12.345 is 12' },
    { terms: { ...RATE, pay: { rule: 'rate', earn: '1.5', per: '1.00' } }, points: 185n, because: '185.175 is 185' },
    { terms: { ...RATE, unit: 'credits-care' }, points: 24_690n, because: 'credits have two decimals' },
    {
      terms: { id: 'a', unit: UNIT, pay: { rule: 'flat', amount: '50' } },
      points: 50n,
      because: 'each event is the same',
    },
    {
      terms: { id: 'a', unit: UNIT, measure: 'quantity', pay: { rule: 'flat', amount: '10' } },
      points: 30n,
      because: 'three units were sold',
    },
    {
      terms: {
        id: 'a',
        unit: UNIT,
        currency: 'USD',
        pay: { rule: 'steps', mode: 'cliff', steps: [{ from: '100.00', amount: '25' }] },
      },
      points: 25n,
      because: 'the step begins at an amount of the currency',
    },
  ])('when a sale of 123.45 USD arrives then it earns $points: $because', ({ terms, points }) => {
    expect(earned(terms)).toEqual([{ currency: terms.unit, minor: points }]);
  });

  it.each([
    { event: { currency: 'EUR' } as const, terms: RATE, because: 'euros and dollars are never added up' },
    { event: { kind: 'referral' }, terms: RATE, because: 'the kind does not fit' },
  ])('when an event does not fit then it earns none: $because', ({ event, terms }) => {
    expect(earned(terms, event)).toEqual([]);
  });

  it.each([
    { terms: { ...RATE, currency: undefined }, refused: /^currency is needed: the currency of the events/ },
    { terms: { ...RATE, pay: { rule: 'percent', percent: '5' } }, refused: /^pay.rule is percent, .*use rate/ },
    { terms: { ...RATE, unit: 'USD' }, refused: /^currency is only for a unit that is not money/ },
    { terms: { ...RATE, unit: 'USD', currency: undefined }, refused: /^pay.rule is rate, which earns points/ },
    { terms: { ...RATE, measure: 'quantity' }, refused: /^measure is quantity, and a rate is for an amount of money/ },
    { terms: { ...RATE, unit: 'points' }, refused: /^unit is neither an ISO 4217 currency code/ },
    { terms: { ...RATE, unit: 'Points-Care' }, refused: /^unit is neither/ },
    {
      terms: { ...RATE, pay: { rule: 'rate', earn: '1.1234567', per: '1.00' } },
      refused: /^pay.earn .* more than 6 digits/,
    },
    { terms: { ...RATE, pay: { rule: 'rate', earn: '0', per: '1.00' } }, refused: /^pay.earn is 0/ },
    { terms: { ...RATE, pay: { rule: 'rate', earn: '1', per: '0.00' } }, refused: /^pay.per is 0/ },
    { terms: { ...RATE, pay: { rule: 'rate', earn: '1000000', per: '0.01' } }, refused: /^pay.earn is too much/ },
    {
      terms: { ...RATE, pay: { rule: 'steps', mode: 'marginal', steps: [{ from: '0', percent: '5' }] } },
      refused: /^pay.steps.0.percent is a share of money, which is not points/,
    },
  ])('when its terms make no sense then they are refused: $refused', ({ terms, refused }) => {
    expect(refusal(terms)).toMatch(refused);
  });
});

describe('given the units of a program', () => {
  const unit = { code: UNIT, programId: 1, expiryMonths: 12, retiredAt: null } as const;
  const program = { id: 1, code: 'care' };
  const terms = PlanTerms.parse(planOf(RATE));

  it.each([
    { units: [], reason: 'is not a unit of program care' },
    { units: [{ ...unit, programId: 2 }], reason: 'is not a unit of program care' },
    { units: [{ ...unit, retiredAt: new Date(0) }], reason: 'is retired' },
  ])('when terms name a unit that $reason then it is said', ({ units, reason }) => {
    expect(whyNotUnits(terms, program, units)).toEqual([{ field: 'terms.incentives[0].unit', reason }]);
  });

  it('when points would expire while they are still held then the hold is refused', () => {
    expect(whyNotUnits({ ...terms, holdDays: 30 }, program, [{ ...unit, expiryMonths: 1 }])).toEqual([
      { field: 'terms.holdDays', reason: 'lets points of points-care expire before they are available' },
    ]);
    expect(whyNotUnits(terms, program, [unit])).toEqual([]);
  });
});
