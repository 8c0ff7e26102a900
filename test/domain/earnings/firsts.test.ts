import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addMonths, localDate } from '../../../domain/calendar.ts';
import { firstsWords } from '../../../domain/earnings/firsts-words.ts';
import { changeMember } from '../../../domain/earnings/firsts.ts';
import type { Member } from '../../../domain/earnings/scope.ts';
import { IncentiveTerms } from '../../../domain/programs/incentives/index.ts';

const incentive = (first: object) =>
  IncentiveTerms.parse({ id: 'first', groupBy: 'customer', first, pay: { rule: 'percent', percent: '10' } });
/** The terms of three versions of a plan. */
const VERSIONS = [incentive({ events: 2 }), incentive({ events: 4 }), incentive({ months: 2 })];
const termsOf = (version: number) => {
  const terms = VERSIONS[version];
  if (!terms) throw new RangeError(`there is no version ${version}`);
  return terms;
};
const ZONE = 'UTC';
const RULES = { terms: termsOf, currency: 'USD', zone: ZONE } as const;

const DAY_MS = 24 * 60 * 60 * 1000;
const memberOf = (originId: number, day: number, versionId: number, cents: number): Member => ({
  originId: BigInt(originId),
  key: `shop/${originId}`,
  atMs: Date.parse('2026-01-01T00:00:00Z') + day * DAY_MS,
  versionId,
  measures: { volume: BigInt(cents), of: 0n, base: 0n },
});

/** The same from the words of the terms: sort all purchases, and add up those that count. */
function worthOf(members: Iterable<Member>): bigint {
  const present = [...members]
    .filter(({ measures }) => measures.volume > 0n)
    .toSorted((one, other) => one.atMs - other.atMs || (one.key < other.key ? -1 : Number(one.key > other.key)));
  const purchases = [...new Set(present.map(({ atMs, key }) => `${atMs} ${key}`))];
  const firstDay = localDate(present[0]?.atMs ?? 0, ZONE);
  return present
    .filter(({ versionId, atMs, key }) => {
      const index = purchases.indexOf(`${atMs} ${key}`);
      if (versionId === 0) return index < 2;
      return versionId === 1 ? index < 4 : localDate(atMs, ZONE) < addMonths(firstDay, 2);
    })
    .reduce((total, { measures }) => {
      const [whole, rest] = [measures.volume / 10n, measures.volume % 10n];
      return total + whole + (rest > 5n || (rest === 5n && whole % 2n === 1n) ? 1n : 0n);
    }, 0n);
}

describe('given purchases of a customer of which the first ones count', () => {
  const change = fc.record({
    originId: fc.integer({ min: 1, max: 8 }),
    day: fc.constantFrom(0, 1, 30, 58, 59, 60, 100),
    version: fc.integer({ min: 0, max: 2 }),
    cents: fc.integer({ min: 0, max: 500 }),
    isGone: fc.boolean(),
  });

  it('when any of them come, change and go then the differences add up to what all are worth', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const members = new Map<string, Member>();
        let earned = 0n;
        for (const { originId, day, version, cents, isGone } of changes) {
          earned += changeMember(members, memberOf(originId, day, version, cents), isGone, RULES);
          expect(earned).toBe(worthOf(members.values()));
        }
      }),
    );
  });

  it('when there are a hundred times as many then each change looks at as many as before', () => {
    const countAsked = (purchases: number): number => {
      let asked = 0;
      const terms = (version: number) => {
        asked += 1;
        return termsOf(version);
      };
      const members = new Map<string, Member>();
      for (let n = 1; n <= purchases; n += 1)
        changeMember(members, memberOf(n, purchases - n, 0, 100), false, { ...RULES, terms });
      return asked;
    };
    expect(countAsked(5000)).toBeLessThan(110 * countAsked(50));
  });
});

describe('given an incentive for the first two months of a customer', () => {
  const terms = incentive({ months: 2 });
  const earning = {
    kind: 'sale',
    before: { minor: 3000n, unfunded: 0n, segments: [], counted: 2 },
    currency: 'USD' as const,
    measures: { volume: 5000n, of: 0n, base: 0n },
    scope: { group: 'kim' },
  };

  it('when a sale comes after them then its explanation says so, and not what it would be worth', () => {
    expect(firstsWords({ ...earning, minor: 0n }, terms, { months: 2 })).toEqual([
      'only the first 2 months of each customer count; 2 of kim were known before',
      'the sale adds nothing: it came after the first 2 months of kim, or moved as much out of them',
      'together they are worth 30.00 USD',
      expect.stringContaining('30.00 USD') as string,
    ]);
    expect(firstsWords({ ...earning, minor: 500n }, terms, { months: 2 })).toContain('10 % of 50.00 USD is 5 USD');
  });
});
