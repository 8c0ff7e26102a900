import { describe, expect, it } from 'vitest';

import { PlanTerms } from '../../../domain/programs/plan.ts';

const percent = { id: 'commission', rule: 'percent', percent: '88' };
const flat = { id: 'bonus', rule: 'flat', amount: '50.00', currency: 'USD' };
const steps = [
  { from: '0', percent: '5' },
  { from: '1000.00', percent: '10' },
];
const tiers = { id: 'volume', rule: 'tiers', mode: 'cliff', window: 'month', currency: 'USD', steps };

const plan = (...incentives: unknown[]) => ({ holdDays: 14, rounding: 'half-even', incentives });
const brokenFields = (terms: unknown) => PlanTerms.safeParse(terms).error?.issues.map(({ path }) => path.join('.'));

describe("given a plan's terms", () => {
  it('when they omit defaults then the defaults are filled in, so that the stored version keeps its meaning', () => {
    expect(PlanTerms.parse(plan(percent, flat)).incentives).toEqual([
      { ...percent, kinds: ['sale'], basis: 'amount' },
      { ...flat, kinds: ['sale'], perUnit: false },
    ]);
  });

  it.each([
    { terms: plan(percent, flat, tiers), fields: undefined, because: 'incentives add up' },
    { terms: plan(percent, percent), fields: ['incentives.1.id'], because: 'an earning names its incentive' },
    { terms: plan(), fields: ['incentives'], because: 'a plan must pay something' },
    { terms: { ...plan(percent), holdDays: 366 }, fields: ['holdDays'], because: 'a year is long enough' },
    { terms: { ...plan(percent), rounding: 'up' }, fields: ['rounding'], because: 'there is only one way to round' },
    { terms: plan({ ...percent, percent: '8800' }), fields: ['incentives.0.percent'], because: 'a point is missing' },
    {
      terms: plan({ ...percent, percent: '100.000001' }),
      fields: ['incentives.0.percent'],
      because: 'it is above 100 %',
    },
    { terms: plan({ ...percent, percent: 88 }), fields: ['incentives.0.percent'], because: 'a rate is not a float' },
    { terms: plan({ ...percent, kinds: ['refund'] }), fields: ['incentives.0.kinds.0'], because: 'refunds take back' },
    { terms: plan({ ...flat, amount: '1.005' }), fields: ['incentives.0.amount'], because: 'dollars have two digits' },
    { terms: plan({ ...flat, basis: 'freight' }), fields: ['incentives.0'], because: 'a flat amount has no basis' },
    { terms: plan({ ...percent, rule: 'magic' }), fields: ['incentives.0.rule'], because: 'the rule does not exist' },
    {
      terms: plan({ ...percent, from: '2026-02-01', until: '2026-02-01' }),
      fields: ['incentives.0.until'],
      because: 'the promotion would never run',
    },
    {
      terms: plan({ ...percent, from: '2026-02-30' }),
      fields: ['incentives.0.from'],
      because: 'the day does not exist',
    },
    {
      terms: plan({ ...tiers, steps: [{ from: '1', percent: '5' }] }),
      fields: ['incentives.0.steps.0.from'],
      because: 'the first dollar has no rate',
    },
    {
      terms: plan({ ...tiers, steps: [...steps, { from: '1000.00', percent: '20' }] }),
      fields: ['incentives.0.steps.2.from'],
      because: 'one volume has two rates',
    },
    {
      terms: plan({ ...tiers, steps: [...steps, { from: '2000.00', percent: '1' }] }),
      fields: ['incentives.0.steps.2.percent'],
      because: 'selling more would cost the partner money',
    },
    {
      terms: plan({ ...tiers, currency: 'JPY' }),
      fields: undefined,
      because: 'trailing zeros are accepted, even in yen',
    },
  ])('when they are checked then $fields: $because', ({ terms, fields }) => {
    expect(brokenFields(terms)).toEqual(fields);
  });
});
