import { describe, expect, it } from 'vitest';

import { differenceOf, withNeighbours } from '../../../domain/line-difference.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { sayPlanDifference } from '../../../domain/programs/plan-difference.ts';

const COMMISSION = { id: 'commission', pay: { rule: 'percent', percent: '10' } };
const LEAD = { id: 'lead', unit: 'USD', pay: { rule: 'flat', amount: '5.00' } };
const terms = (incentives: readonly object[], holdDays = 14): PlanTerms =>
  PlanTerms.parse({ holdDays, rounding: 'half-even', incentives });

describe('given two versions of a plan', () => {
  it.each([
    { change: 'nothing', after: terms([COMMISSION]), says: [] },
    { change: 'the days', after: terms([COMMISSION], 7), says: ['holdDays is 7, and was 14.'] },
    { change: 'a new incentive', after: terms([COMMISSION, LEAD]), says: ['The incentive lead is new.'] },
    {
      change: 'an incentive that takes the place of another',
      after: terms([LEAD]),
      says: ['The incentive lead is new.', 'The incentive commission is gone.'],
    },
    {
      change: 'a rate',
      after: terms([{ ...COMMISSION, pay: { rule: 'percent', percent: '12' } }]),
      says: ['commission: pay.percent is 12, and was 10.'],
    },
  ])('when $change differs then a sentence says so', ({ after, says }) => {
    expect(sayPlanDifference(terms([COMMISSION]), after)).toEqual(says);
  });

  it('when incentives only change places then one sentence says so', () => {
    expect(sayPlanDifference(terms([COMMISSION, LEAD]), terms([LEAD, COMMISSION]))).toEqual([
      'The incentives come in another order: lead, commission.',
    ]);
  });
});

describe('given two texts', () => {
  it('when a line differs then the lines that both have stay', () => {
    expect(differenceOf(['a', 'b', 'c'], ['a', 'x', 'c', 'd']).map(({ is, text }) => `${is} ${text}`)).toEqual([
      'same a',
      'gone b',
      'new x',
      'same c',
      'new d',
    ]);
  });

  it('when much is the same then only the neighbours of a difference are kept', () => {
    const lines = differenceOf(['1', '2', '3', '4', '5', '6'], ['1', '2', '3', '4', '5', '7']);
    expect(withNeighbours(lines, 1).map((line) => line?.text ?? null)).toEqual(['5', '6', '7']);
  });
});
