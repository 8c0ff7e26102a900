import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Budget, budgetWords, fund, levelOf, purseOf } from '../../../domain/earnings/budget.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const budgetOf = (wish: Partial<Budget> = {}): Budget => ({
  id: 7,
  code: 'spring',
  amountMinor: 100n,
  usedMinor: 0n,
  from: null,
  until: null,
  isClosed: false,
  ...wish,
});

describe('given a budget of 100', () => {
  it.each([
    { used: 0n, unfunded: 0n, by: 30n, paid: 30n, unpaid: 0n, because: 'enough is left' },
    { used: 88n, unfunded: 0n, by: 20n, paid: 12n, unpaid: 8n, because: 'only 12 is left' },
    { used: 100n, unfunded: 5n, by: 20n, paid: 0n, unpaid: 20n, because: 'nothing is left' },
    { used: 50n, unfunded: 8n, by: -5n, paid: 0n, unpaid: -5n, because: 'the unpaid part falls first' },
    { used: 50n, unfunded: 8n, by: -20n, paid: -12n, unpaid: -8n, because: 'only the rest is taken back' },
    { used: 50n, unfunded: 0n, by: 0n, paid: 0n, unpaid: 0n, because: 'nothing changed' },
  ])(
    'when $used is used and worth changes by $by then $paid is paid: $because',
    ({ used, unfunded, by, paid, unpaid }) => {
      const budget = budgetOf({ usedMinor: used });
      expect(fund(by, unfunded, purseOf(budget, '2026-03-01'))).toEqual({
        minor: paid,
        unfundedMinor: unpaid,
        budgetId: 7,
      });
      expect(budget.usedMinor).toBe(used + paid);
    },
  );

  it.each([
    { day: '2026-02-28', paid: 0n, because: 'the day before its first one' },
    { day: '2026-03-01', paid: 10n, because: 'its first day' },
    { day: '2026-05-31', paid: 10n, because: 'its last day' },
    { day: '2026-06-01', paid: 0n, because: 'the day after' },
  ])('when it is for the days from March until June then an event on $day earns $paid: $because', ({ day, paid }) => {
    const budget = budgetOf({ from: '2026-03-01', until: '2026-06-01' });
    expect(fund(10n, 0n, purseOf(budget, day)).minor).toBe(paid);
  });

  it('when it is closed then it pays nothing more, and money still comes back', () => {
    const budget = budgetOf({ usedMinor: 40n, isClosed: true });
    expect(fund(10n, 0n, purseOf(budget, '2026-03-01')).minor).toBe(0n);
    expect(fund(-10n, 0n, purseOf(budget, '2026-03-01')).minor).toBe(-10n);
    expect(budget.usedMinor).toBe(30n);
  });

  it.each([
    { used: 79n, level: undefined },
    { used: 80n, level: 80 },
    { used: 99n, level: 80 },
    { used: 100n, level: 100 },
  ])('when $used is used then people are told of $level percent', ({ used, level }) => {
    expect(levelOf(budgetOf({ usedMinor: used }))).toBe(level);
  });
});

describe('given windows whose worth goes up and down, and a budget that is raised and lowered', () => {
  it('then what is paid and not paid is always their worth, nothing is below zero, and the budget is never overdrawn', () => {
    const step = fc.record({ window: fc.nat(3), worth: fc.bigInt(0n, 200n), amount: fc.option(fc.bigInt(0n, 400n)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let budget = budgetOf();
        const windows = Array.from({ length: 4 }, () => ({ earned: 0n, unfunded: 0n }));
        for (const { window, worth, amount } of steps) {
          if (amount !== null && amount >= budget.usedMinor) budget = { ...budget, amountMinor: amount };
          const state = windows[window] ?? { earned: 0n, unfunded: 0n };
          const difference = worth - state.earned - state.unfunded;
          const { minor, unfundedMinor } = fund(difference, state.unfunded, purseOf(budget, '2026-03-01'));
          state.earned += minor;
          state.unfunded += unfundedMinor;
          expect(state.earned + state.unfunded).toBe(worth);
          expect([state.earned >= 0n, state.unfunded >= 0n, budget.usedMinor <= budget.amountMinor]).toEqual([
            true,
            true,
            true,
          ]);
          expect(budget.usedMinor).toBe(windows.reduce((sum, { earned }) => sum + earned, 0n));
        }
      }),
      RUNS,
    );
  });
});

describe('given an earning that a budget pays', () => {
  const days = { from: null, until: null };
  it.each([
    { minor: 1200n, unfunded: 800n, words: ['the budget spring had only 12.00 USD left, so 8.00 USD was not paid'] },
    { minor: 0n, unfunded: 800n, words: ['the budget spring had nothing left, so 8.00 USD was not paid'] },
    {
      minor: -1200n,
      unfunded: -800n,
      words: ['the budget spring never paid 8.00 USD of that, so 12.00 USD is taken back'],
    },
    { minor: 1200n, unfunded: 0n, words: ['the budget spring pays it'] },
    { minor: -1200n, unfunded: 0n, words: ['the budget spring gets it back'] },
    { minor: 0n, unfunded: 0n, words: [] },
    { minor: 5n, unfunded: null, words: [] },
  ])('when it pays $minor and lacks $unfunded then its words say so', ({ minor, unfunded, words }) => {
    expect(budgetWords({ minor, unfunded, currency: 'USD', budgetDays: days }, 'spring')).toEqual(words);
  });

  it('when the budget is for some days then the words name them', () => {
    const paid = { minor: 0n, unfunded: 800n, currency: 'USD' as const };
    const budgetDays = { from: '2026-03-01', until: '2026-06-01' };
    expect(budgetWords({ ...paid, budgetDays }, 'spring').at(-1)).toBe(
      'the budget spring pays only for days from 2026-03-01 until 2026-06-01',
    );
  });
});
