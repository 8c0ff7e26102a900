import { describe, expect, it } from 'vitest';

import { PlanTerms } from '../../../domain/programs/plan.ts';

const percentOf = (percent: unknown) => ({ id: 'commission', pay: { rule: 'percent', percent } });
const percent = percentOf('88');
const flat = { id: 'bonus', pay: { rule: 'flat', amount: '50.00' }, unit: 'USD' };
const list = [
  { from: '0', percent: '5' },
  { from: '1000.00', percent: '10' },
];
const stepsOf = (steps: readonly object[], more: object = {}) => ({
  id: 'volume',
  window: 'month',
  unit: 'USD',
  pay: { rule: 'steps', mode: 'cliff', steps },
  ...more,
});
const steps = stepsOf(list);
const PROMOTION = {
  ...flat,
  window: 'promotion',
  earned: 'at-close',
  when: { kinds: ['sale'], from: '2026-01-01', until: '2026-02-01' },
};
const LATE = { ...steps, id: 'late', earned: 'at-close', lateAfterClose: 'keep-out' };

const share = {
  id: 'pool',
  window: 'quarter',
  earned: 'at-close',
  unit: 'USD',
  pay: { rule: 'share', pool: '100.00' },
};

const plan = (...incentives: unknown[]) => ({ holdDays: 14, rounding: 'half-even', incentives });
const brokenFields = (terms: unknown) => PlanTerms.safeParse(terms).error?.issues.map(({ path }) => path.join('.'));

const byQuota = (measure: string) => ({
  id: 'by-quota',
  measure,
  window: 'quarter',
  against: 'quota',
  unit: 'USD',
  pay: { rule: 'steps', mode: 'marginal', steps: [{ from: '0', perUnit: '1.00' }] },
});
const EACH = {
  id: 'each',
  window: 'month',
  unit: 'USD',
  pay: { rule: 'percent', percent: '10', mostEach: '50.00' },
};

describe("given a plan's terms", () => {
  it('when they omit defaults then the defaults are filled in, so that the stored version keeps its meaning', () => {
    const defaults = {
      when: { kinds: ['sale'] },
      window: 'event',
      growth: 'difference',
      earned: 'as-it-goes',
      graceDays: 0,
      deduct: false,
      onRefund: 're-rate',
    };
    expect(PlanTerms.parse(plan(percent, flat)).incentives).toEqual([
      { ...percent, ...defaults },
      { ...flat, ...defaults },
    ]);
  });

  it.each([
    { terms: plan(percent, flat, steps), fields: undefined, because: 'incentives add up' },
    { terms: plan(percent, percent), fields: ['incentives.1.id'], because: 'an earning names its incentive' },
    { terms: plan(), fields: ['incentives'], because: 'a plan must pay something' },
    { terms: { ...plan(percent), holdDays: 366 }, fields: ['holdDays'], because: 'a year is long enough' },
    { terms: { ...plan(percent), rounding: 'up' }, fields: ['rounding'], because: 'there is only one way to round' },
    { terms: plan(percentOf('8800')), fields: ['incentives.0.pay.percent'], because: 'a point is missing' },
    { terms: plan(percentOf('100.000001')), fields: ['incentives.0.pay.percent'], because: 'it is above 100 %' },
    { terms: plan(percentOf(88)), fields: ['incentives.0.pay.percent'], because: 'a rate is not a float' },
    {
      terms: plan({ ...percent, when: { kinds: ['refund'] } }),
      fields: ['incentives.0.when.kinds.0'],
      because: 'refunds take back',
    },
    {
      terms: plan({ ...flat, pay: { rule: 'flat', amount: '1.005000001' } }),
      fields: ['incentives.0.pay.amount'],
      because: 'dollars have two digits, and a price six more',
    },
    {
      terms: plan({ ...flat, pay: { rule: 'flat', amount: '0.005' } }),
      fields: ['incentives.0.window'],
      because: 'half a cent for each event alone is rounded to 0',
    },
    {
      terms: plan({ ...flat, window: 'month', pay: { rule: 'flat', amount: '0.005' } }),
      fields: undefined,
      because: 'the events of a month are rounded together',
    },
    { terms: plan({ ...flat, unit: undefined }), fields: ['incentives.0.unit'], because: 'an amount has a currency' },
    {
      terms: plan({ ...flat, window: 'month', lateAfterClose: 'keep-out' }),
      fields: ['incentives.0.lateAfterClose'],
      because: 'a window that earns as it goes is never closed',
    },
    {
      terms: plan({ ...PROMOTION, lateAfterClose: 'next-window' }),
      fields: ['incentives.0.lateAfterClose'],
      because: 'no window follows a promotion',
    },
    {
      terms: plan({ ...PROMOTION, lateAfterClose: 'keep-out' }),
      fields: undefined,
      because: 'a promotion can keep late events out',
    },
    {
      terms: { ...plan(percent, LATE), onlyOneOf: [{ incentives: ['commission', 'late'], choose: 'first' }] },
      fields: ['onlyOneOf.0.incentives.1'],
      because: 'the closing of a window would change the choice',
    },
    {
      terms: plan({ ...flat, measure: 'freight' }),
      fields: ['incentives.0.measure'],
      because: 'a fixed amount is not paid for each cent',
    },
    {
      terms: plan({ ...percent, pay: { rule: 'percent', percent: '5', least: '2.00', most: '1.00' }, unit: 'USD' }),
      fields: ['incentives.0.pay.least'],
      because: 'the least is above the most',
    },
    {
      terms: plan({ ...EACH, window: 'event' }),
      fields: ['incentives.0.pay.mostEach'],
      because: 'an event that is paid by itself has a most',
    },
    {
      terms: plan({ ...EACH, against: 'previous' }),
      fields: ['incentives.0.pay.mostEach'],
      because: 'one event has no growth',
    },
    {
      terms: plan({ ...EACH, measure: 'count', pay: { rule: 'flat', amount: '5.00', mostEach: '4.00' } }),
      fields: ['incentives.0.pay.mostEach'],
      because: 'every event pays the same',
    },
    {
      terms: plan({ ...EACH, pay: { ...EACH.pay, mostEach: '0.00' } }),
      fields: ['incentives.0.pay.mostEach'],
      because: 'nobody earns by a most of 0 for each event',
    },
    {
      terms: plan({ ...EACH, pay: { ...EACH.pay, most: '50.00' } }),
      fields: ['incentives.0.pay.mostEach'],
      because: 'one event reaches the most of the window',
    },
    { terms: plan(byQuota('quantity')), fields: undefined, because: 'each unit is paid by the part of the quota' },
    {
      terms: plan(byQuota('amount')),
      fields: ['incentives.0.pay.steps.0.perUnit'],
      because: 'a cent of an amount is not a unit',
    },
    { terms: plan({ ...EACH, unit: undefined }), fields: ['incentives.0.unit'], because: 'the most has a currency' },
    {
      terms: plan({ ...EACH, pay: { ...EACH.pay, most: '500.00' } }),
      fields: undefined,
      because: 'an order and a month both have a most',
    },
    {
      terms: plan({ ...percent, release: 'collected', groupBy: 'customer', first: { events: 1 } }),
      fields: ['incentives.0.release'],
      because: 'half a purchase is not a first one',
    },
    {
      terms: plan(percent, { ...flat, release: 'collected', deduct: true }),
      fields: ['incentives.1.release'],
      because: 'a fee waits for nobody',
    },
    {
      terms: plan({ ...flat, release: 'collected', window: 'month' }),
      fields: ['incentives.0.release'],
      because: 'an event cannot count in parts',
    },
    { terms: plan({ ...percent, level: 2 }), fields: ['incentives.0.level'], because: 'nobody above is paid' },
    {
      terms: plan(percent, { ...flat, id: 'fee', deduct: true, payTo: 'parent' }),
      fields: ['incentives.1.deduct'],
      because: 'a fee comes off the earnings of the same partner',
    },
    ...[
      { when: { kinds: ['visit'] }, because: 'no sale is a visit' },
      { when: { from: '2026-07-01' }, because: 'the fee begins when the commission has ended' },
      { when: { event: { product: ['hub'] } }, because: 'a router is not a hub' },
      { when: { partner: { kind: ['agent'] } }, because: 'an agent is not a reseller' },
      { unit: 'EUR', because: 'euros are not taken from dollars' },
      {
        unit: undefined,
        pay: { rule: 'percent', percent: '1' },
        when: { currencies: ['EUR'] },
        because: 'it is in EUR',
      },
    ].map(({ because, ...fee }) => {
      const when = { until: '2026-07-01', event: { product: ['router'] }, partner: { kind: ['reseller'] } };
      return {
        terms: plan({ ...percent, unit: 'USD', when }, { ...flat, id: 'fee', deduct: true, ...fee }),
        fields: ['incentives.1.deduct'],
        because,
      };
    }),
    ...['1999-02-01', '2000-01-01', '1900-01-01'].map((until) => ({
      terms: plan({ ...percent, when: { until } }),
      fields: ['incentives.0.when.until'],
      because: 'no event is earlier than 2000',
    })),
    {
      terms: plan({ ...percent, when: { from: '2100-01-01' } }),
      fields: ['incentives.0.when.from'],
      because: 'no event is later than 2099',
    },
    {
      terms: plan({
        ...percent,
        window: 'promotion',
        earned: 'at-close',
        when: { from: '2026-01-01', until: '9999-12-31' },
      }),
      fields: ['incentives.0.when.until'],
      because: 'nobody closes that window',
    },
    {
      terms: plan({ ...percent, payTo: 'parent' }, { ...flat, id: 'fee', deduct: true }),
      fields: ['incentives.1.deduct'],
      because: 'the partner of the event earns nothing to deduct from',
    },
    {
      terms: plan({ ...percent, payTo: 'parent', level: 10 }),
      fields: ['incentives.0.level'],
      because: 'ten levels are too many',
    },
    { terms: plan({ ...percent, pay: { rule: 'magic' } }), fields: ['incentives.0.pay.rule'], because: 'no such rule' },
    {
      terms: plan({ ...percent, when: { from: '2026-02-01', until: '2026-02-01' } }),
      fields: ['incentives.0.when.until'],
      because: 'the promotion would never run',
    },
    {
      terms: plan({ ...percent, when: { from: '2026-02-30' } }),
      fields: ['incentives.0.when.from'],
      because: 'the day does not exist',
    },
    {
      terms: plan({ ...percent, window: 'promotion' }),
      fields: ['incentives.0.window'],
      because: 'a promotion has a beginning and an end',
    },
    {
      terms: plan({ ...percent, first: { events: 1 } }),
      fields: ['incentives.0.groupBy'],
      because: 'nobody says whose first event it is',
    },
    {
      terms: plan({ ...percent, earned: 'at-close' }),
      fields: ['incentives.0.earned'],
      because: 'one event has no end to wait for',
    },
    {
      terms: plan({ ...percent, window: 'lifetime', against: 'previous' }),
      fields: ['incentives.0.against'],
      because: 'a lifetime has none before it',
    },
    {
      terms: plan(
        stepsOf([{ from: '10', percent: '2' }], { window: 'quarter', against: 'previous', growth: 'percent' }),
      ),
      fields: undefined,
      because: 'growth of 10 % pays 2 % of the volume',
    },
    {
      terms: plan({ ...percent, measure: 'reading score', window: 'month' }),
      fields: ['incentives.0.measure'],
      because: 'a score is not money',
    },
    {
      terms: plan(stepsOf([{ from: '8.5', amount: '50.00' }], { measure: 'reading score' })),
      fields: undefined,
      because: 'a score from 8.5 on pays 50.00',
    },
    {
      terms: plan({ ...percent, deduct: true }),
      fields: ['incentives.0.deduct'],
      because: 'there is nothing to deduct from',
    },
    {
      terms: plan({ ...percent, budget: 'spring' }),
      fields: ['incentives.0.unit'],
      because: 'a budget has one unit',
    },
    {
      terms: plan({ ...flat, budget: 'spring' }),
      fields: undefined,
      because: 'a budget pays in the unit of the incentive',
    },
    {
      terms: plan(percent, { ...flat, id: 'fee', deduct: true, budget: 'spring' }),
      fields: ['incentives.1.budget'],
      because: 'a budget pays, and a deduction does not',
    },
    {
      terms: plan({ ...flat, budget: 'spring' }, { ...flat, id: 'fee', deduct: true }),
      fields: ['incentives.1.deduct'],
      because: 'nothing is deducted from what a budget pays',
    },
    { terms: plan(stepsOf([{ from: '1', percent: '5' }])), fields: undefined, because: 'a quota begins above zero' },
    {
      terms: plan(stepsOf([...list, { from: '1000.00', percent: '20' }])),
      fields: ['incentives.0.pay.steps.2.from'],
      because: 'one volume has two rates',
    },
    {
      terms: plan(stepsOf([...list, { from: '2000.00', percent: '1' }])),
      fields: ['incentives.0.pay.steps.2.percent'],
      because: 'selling more would cost the partner money',
    },
    {
      terms: plan(stepsOf([{ from: '0', percent: '5', amount: '1.00' }])),
      fields: ['incentives.0.pay.steps.0.amount'],
      because: 'a step pays in one way',
    },
    {
      terms: plan(stepsOf([...list, { from: '2000.00', amount: '1.00' }])),
      fields: ['incentives.0.pay.steps.2.amount'],
      because: 'all steps pay in the same way',
    },
    {
      terms: plan(stepsOf([{ from: '0', perUnit: '5.00' }])),
      fields: ['incentives.0.pay.steps.0.perUnit'],
      because: 'money has no units',
    },
    {
      terms: plan(stepsOf([{ from: '2.5', perUnit: '5.00' }], { measure: 'quantity' })),
      fields: ['incentives.0.pay.steps.0.from'],
      because: 'there are no half units',
    },
    { terms: plan(share), fields: undefined, because: 'a pool of a quarter is divided at its close' },
    {
      terms: plan({ ...share, pay: { rule: 'share', percentOfAll: '2', from: '100.00' } }),
      fields: undefined,
      because: 'a share of the sales of all partners is a pool too',
    },
    {
      terms: plan({ ...share, earned: 'as-it-goes' }),
      fields: ['incentives.0.earned'],
      because: 'a pool is divided when its window is over',
    },
    {
      terms: plan({ ...share, window: 'event' }),
      fields: ['incentives.0.earned'],
      because: 'one event has no end to wait for',
    },
    { terms: plan({ ...share, unit: undefined }), fields: ['incentives.0.unit'], because: 'a pool has a currency' },
    {
      terms: plan({ ...share, unit: 'points-care', currency: 'USD' }),
      fields: ['incentives.0.unit'],
      because: 'a pool is money',
    },
    {
      terms: plan({ ...share, groupBy: 'customer' }),
      fields: ['incentives.0.groupBy'],
      because: 'a partner has one part',
    },
    {
      terms: plan({ ...share, against: 'previous' }),
      fields: ['incentives.0.against'],
      because: 'a pool compares partners',
    },
    { terms: plan({ ...share, payTo: 'parent' }), fields: ['incentives.0.payTo'], because: 'partners have parts' },
    {
      terms: plan({ ...share, release: 'collected' }),
      fields: ['incentives.0.release'],
      because: 'each payment would change all parts',
    },
    {
      terms: plan({ ...share, lateAfterClose: 'next-window' }),
      fields: ['incentives.0.lateAfterClose'],
      because: 'a late event has the pool divided again',
    },
    {
      terms: plan({ ...share, measure: 'reading score' }),
      fields: ['incentives.0.measure'],
      because: 'readings do not add up',
    },
    {
      terms: plan({ ...share, pay: { rule: 'share' } }),
      fields: ['incentives.0.pay.pool'],
      because: 'nobody says what is divided',
    },
    {
      terms: plan({ ...share, pay: { rule: 'share', pool: '5.00', percentOfAll: '2' } }),
      fields: ['incentives.0.pay.pool'],
      because: 'two pools are said',
    },
    {
      terms: plan({ ...share, pay: { rule: 'share', pool: '0.00' } }),
      fields: ['incentives.0.pay.pool'],
      because: 'nobody could earn by an empty pool',
    },
    {
      terms: plan({ ...share, measure: 'quantity', pay: { rule: 'share', percentOfAll: '2' } }),
      fields: ['incentives.0.pay.percentOfAll'],
      because: 'a percentage of units is not money',
    },
    {
      terms: plan({ ...share, measure: 'quantity', pay: { rule: 'share', pool: '5.00', from: '1.5' } }),
      fields: ['incentives.0.pay.from'],
      because: 'there are no half units',
    },
    {
      terms: plan({ ...share, pay: { rule: 'share', pool: '5.00', least: '1.00' } }),
      fields: ['incentives.0.pay'],
      because: 'a least for each partner could be more than the pool',
    },
    { terms: plan({ ...steps, unit: 'JPY' }), fields: undefined, because: 'trailing zeros are accepted, even in yen' },
  ])('when they are checked then $fields: $because', ({ terms, fields }) => {
    expect(brokenFields(terms)).toEqual(fields);
  });
});
