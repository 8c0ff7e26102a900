import { describe, expect, it } from 'vitest';

import { remainingOf } from '../../../domain/earnings/refund.ts';
import { atPar } from '../../../domain/earnings/conversion.ts';
import { targetsOf } from '../../../domain/earnings/target.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { flat, percent, sale, steps } from '../earnings/events.ts';

const planOf = (incentives: readonly object[], onlyOneOf?: object) => ({
  holdDays: 14,
  rounding: 'half-even',
  incentives,
  ...(onlyOneOf && { onlyOneOf: [onlyOneOf] }),
});
const issuesOf = (terms: unknown) =>
  PlanTerms.safeParse(terms).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
const router = (id: string, more: object = {}) =>
  percent('8', { id, when: { event: { product: ['router'] } }, ...more });
const both = (choose: string, incentives = ['commission', 'bonus']) => ({ incentives, choose });

describe('given a plan whose incentives do not all add up', () => {
  it.each([
    {
      plan: planOf([router('launch', { excludes: ['base'] }), flat()]),
      issue: 'incentives.0.excludes.0: base is not an incentive of this plan',
    },
    {
      plan: planOf([router('launch', { excludes: ['launch'] }), flat()]),
      issue: 'incentives.0.excludes.0: is the incentive itself',
    },
    {
      plan: planOf([
        router('a', { excludes: ['b'] }),
        router('b', { excludes: ['c'] }),
        router('c', { excludes: ['a'] }),
      ]),
      issue: 'incentives.0.excludes: comes back to the incentive itself, so neither would earn',
    },
    {
      plan: planOf([percent('8', { id: 'launch', excludes: ['commission'] }), percent('5')]),
      issue: 'incentives.1.id: never earns: every event that it is for earns by launch',
    },
    {
      plan: planOf([percent('8', { id: 'launch' }), percent('5')], both('first', ['launch', 'commission'])),
      issue: 'incentives.1.id: never earns: every event that it is for earns by launch',
    },
    {
      plan: planOf([
        percent('8', { id: 'launch', when: { from: '2026-01-01', until: '2026-12-01' }, excludes: ['commission'] }),
        percent('5', { when: { from: '2026-02-01', until: '2026-03-01', event: { product: ['router'] } } }),
      ]),
      issue: 'incentives.1.id: never earns: every event that it is for earns by launch',
    },
    {
      plan: planOf([percent('5', { id: 'a' }), percent('6', { id: 'b' })], both('best', ['a', 'b'])),
      issue: 'incentives.0.id: is never the best: b pays at least as much for each of its events',
    },
    {
      plan: planOf([flat('5.00', { id: 'a' }), flat('5', { id: 'b' })], both('best', ['a', 'b'])),
      issue: 'incentives.1.id: is never the best: a pays at least as much for each of its events',
    },
    {
      plan: planOf([percent('5', { groupBy: 'customer', first: { events: 1 }, excludes: ['bonus'] }), flat()]),
      issue:
        'incentives.0.excludes: commission pays the first events of a customer, and a late event changes which those are',
    },
    {
      plan: planOf([router('launch', { excludes: ['bonus'] }), percent('5', { unit: 'USD' }), flat()], both('best')),
      issue: 'incentives.0.excludes.0: bonus is one of a group with commission: name all of the group, or none',
    },
    {
      plan: planOf([percent('5'), flat()], both('best', ['commission'])),
      issue: 'onlyOneOf.0.incentives: is not at least two incentives',
    },
    {
      plan: planOf([percent('5'), flat()], both('best', ['commission', 'base'])),
      issue: 'onlyOneOf.0.incentives.1: base is not an incentive of this plan',
    },
    {
      plan: planOf([percent('5'), flat()], both('best')),
      issue: 'onlyOneOf.0.choose: is best, which compares incentives with the same unit',
    },
    {
      plan: planOf([steps('cliff', [{ from: '0', percent: '5' }]), flat()], both('best', ['volume', 'bonus'])),
      issue:
        'onlyOneOf.0.incentives.0: volume counts events together, so that none has an amount of its own to compare',
    },
  ])('when it cannot be followed then it is refused: $issue', ({ plan, issue }) => {
    expect(issuesOf(plan)).toEqual([issue]);
  });

  it.each([
    {
      plan: planOf([percent('5', { unit: 'USD' }), flat()], both('best')),
      earns: { commission: 500n, bonus: 0n },
      because: '5 % of 100.00 and 5.00 are the same, so the first one in the plan pays',
    },
    {
      plan: planOf([percent('4', { unit: 'USD' }), flat()], both('best')),
      earns: { commission: 0n, bonus: 500n },
      because: '5.00 are more than 4 % of 100.00',
    },
    {
      plan: planOf([router('launch'), flat()], both('first', ['launch', 'bonus'])),
      earns: { bonus: 500n },
      because: 'the first one is not for this product',
    },
    {
      plan: planOf([
        flat('1.00', { id: 'c' }),
        percent('2', { id: 'b', excludes: ['c'] }),
        percent('3', { id: 'a', when: { kinds: ['sale'], from: '2026-01-01' }, excludes: ['b'] }),
      ]),
      earns: { a: 300n, b: 0n, c: 100n },
      because: 'an incentive that is excluded excludes nothing',
    },
    {
      plan: planOf([
        flat('1.00', { id: 'c' }),
        flat('2.00', { id: 'b', excludes: ['c'] }),
        router('a', { when: { kinds: ['sale'], from: '2026-01-01' }, excludes: ['b'] }),
      ]),
      earns: { a: 800n, b: 0n, c: 100n },
      because: 'what covers the others is excluded itself',
    },
    {
      plan: planOf(
        [
          percent('5', { id: 'a', unit: 'USD' }),
          percent('6', { id: 'b', unit: 'USD', when: { event: { product: ['router'] } } }),
        ],
        both('best', ['a', 'b']),
      ),
      earns: { a: 500n },
      because: 'the better one is not for this product',
    },
  ])('when a sale of 100.00 comes then it earns $earns: $because', ({ plan, earns }) => {
    const targets = targetsOf(remainingOf(sale(10_000n), []), PlanTerms.parse(plan), { zone: 'UTC' }, atPar);
    expect(Object.fromEntries(targets.map(({ terms, minor }) => [terms.id, minor]))).toEqual(earns);
  });
});
