import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ATTEMPT_NEXT, ATTEMPT_STATES, type AttemptState, PAYOUT_STATUS_OF } from '../../domain/payouts/attempt.ts';
import { CURRENCY_CODES, exponentOf } from '../../domain/currency.ts';
import { allocate, formatDecimal, formatMinor, money, parseDecimal, takeShare } from '../../domain/money.ts';
import { METHODS } from '../../domain/rails.ts';
import { type PayoutStatus, releasesLines } from '../../domain/payouts/payout.ts';
import { contentHash, type PayoutContent } from '../../domain/runs/content.ts';
import { consequencesOf } from '../../domain/payouts/settlement.ts';
import { RUNS } from '../fixtures/property-runs.ts';

const minors = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const currencies = fc.constantFrom(...CURRENCY_CODES);

describe('given any weights', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 6n }), { minLength: 1, maxLength: 20 })
    .filter((some) => some.some((weight) => weight > 0n));

  it('then a larger weight never gets less, and a weight of zero gets nothing', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), weights, (minor, shares) => {
        const parts = allocate(money(minor, 'USD'), shares).map((part) => part.minor);
        const byWeight = parts.map((part, index) => ({ part, weight: shares[index] ?? 0n }));
        for (const { part, weight } of byWeight) {
          if (weight === 0n) expect(part).toBe(0n);
          expect(byWeight.every((other) => other.weight <= weight || other.part >= part)).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

describe('given any currency', () => {
  it('then a printed amount is read back unchanged', () => {
    fc.assert(
      fc.property(minors, currencies, (minor, currency) => {
        const amount = money(minor, currency);
        expect(parseDecimal(formatDecimal(amount), currency)).toEqual(amount);
      }),
      RUNS,
    );
  });

  it('then one digit too many is refused', () => {
    fc.assert(
      fc.property(minors, currencies, fc.integer({ min: 1, max: 9 }), (minor, currency, digit) => {
        const text = `${formatMinor(minor, exponentOf(currency))}${exponentOf(currency) === 0 ? '.' : ''}${digit}`;
        expect(() => parseDecimal(text, currency)).toThrow(expect.objectContaining({ code: 'invalid_amount' }));
      }),
      RUNS,
    );
  });

  it('then a share and the share of the refund cancel out', () => {
    const rates = fc.record({ numerator: fc.bigInt({ min: 0n, max: 10n ** 6n }), denominator: fc.constant(10n ** 6n) });
    fc.assert(
      fc.property(minors, currencies, rates, (minor, currency, rate) => {
        const [given, back] = [takeShare(money(minor, currency), rate), takeShare(money(-minor, currency), rate)];
        expect(given.minor + back.minor).toBe(0n);
      }),
      RUNS,
    );
  });
});

const moved = fc.option(
  fc.record({ minor: fc.bigInt({ min: 1n, max: 100n }), feeMinor: fc.bigInt({ min: 0n, max: 9n }) }),
);
const answers = fc.record({
  state: fc.option(fc.constantFrom(...ATTEMPT_STATES.filter((state) => state !== 'prepared'))),
  debited: moved,
  returnedMinor: fc.option(fc.bigInt({ min: 0n, max: 100n })),
});

type Walked = {
  state: AttemptState;
  payoutStatus: PayoutStatus;
  debitedMinor: bigint | null;
  returnedMinor: bigint | null;
};

describe('given any answers of a provider, in any order', () => {
  const NET = 100n;
  /** The state of an attempt after each answer, as its row would store it. */
  const walk = (told: readonly (typeof answers extends fc.Arbitrary<infer T> ? T : never)[]) => {
    const steps: { before: Walked; after: Walked; answer: (typeof told)[number] }[] = [];
    let before: Walked = { state: 'submitted', payoutStatus: 'executing', debitedMinor: null, returnedMinor: null };
    for (const answer of told) {
      const { state, payoutStatus, debit, fullReturn, partialReturn } = consequencesOf(
        { ...before, netMinor: NET, decidedMinor: 0n },
        answer,
      );
      const returnedMinor = (fullReturn ?? partialReturn)?.minor ?? before.returnedMinor;
      const after = { state, payoutStatus, debitedMinor: debit ? NET : before.debitedMinor, returnedMinor };
      steps.push({ before, after, answer });
      before = after;
    }
    return steps;
  };
  const walks = fc.array(answers, { minLength: 1, maxLength: 12 }).map(walk);

  it('then an attempt leaves a state only along the table, and only because of the provider or a person', () => {
    fc.assert(
      fc.property(walks, (steps) => {
        for (const { before, after, answer } of steps) {
          if (after.state === before.state) continue;
          expect(ATTEMPT_NEXT[before.state]).toContain(after.state);
          expect([answer.state, 'needs_person']).toContain(after.state);
        }
      }),
      RUNS,
    );
  });

  it('then a failed or returned attempt stays so, and an unknown outcome stays unknown until somebody says more', () => {
    fc.assert(
      fc.property(walks, (steps) => {
        for (const { before, after, answer } of steps) {
          if (before.state === 'failed' || before.state === 'returned') expect(after.state).toBe(before.state);
          if (before.state === 'unknown' && answer.state === null) expect(after.state).toBe('unknown');
        }
      }),
      RUNS,
    );
  });

  it('then lines are free only if no money moved or all of it came back', () => {
    fc.assert(
      fc.property(walks, (steps) => {
        for (const { after } of steps) {
          if (releasesLines(after.payoutStatus)) expect(after.state).toBe(after.payoutStatus);
          if (after.state === 'failed') expect(after.debitedMinor).toBeNull();
          if (after.state === 'returned') expect(after.debitedMinor).toBe(NET);
          if (PAYOUT_STATUS_OF[after.state] === 'settled') expect(after.payoutStatus).not.toBe('failed');
        }
      }),
      RUNS,
    );
  });
});

describe('given the content of a run', () => {
  const payouts = fc.uniqueArray(
    fc.record({
      id: fc.uuid(),
      partnerId: fc.bigInt({ min: 1n, max: 10n ** 9n }),
      instrumentVersionId: fc.uuid(),
      method: fc.constantFrom(...METHODS),
      currency: currencies,
      grossMinor: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      withheldMinor: fc.bigInt({ min: 0n, max: 10n ** 6n }),
      feeMinor: fc.bigInt({ min: 0n, max: 10n ** 6n }),
      netMinor: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      lineIds: fc.uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 6, selector: ({ id }) => id },
  );
  const hashOf = (content: readonly PayoutContent[]) => contentHash(content).toString('hex');

  it('then the order in which it is read does not matter', () => {
    fc.assert(
      fc.property(payouts, (content) => {
        const turned = content.toReversed().map((payout) => {
          const keys = Object.entries({ ...payout, lineIds: payout.lineIds.toReversed() }).toReversed();
          return Object.fromEntries(keys) as unknown as PayoutContent;
        });
        expect(hashOf(turned)).toBe(hashOf(content));
      }),
      RUNS,
    );
  });

  it('then any single change gives another hash', () => {
    const other = (value: unknown): unknown => {
      if (typeof value === 'bigint') return value + 1n;
      return Array.isArray(value) ? [...(value as bigint[]), 10n ** 10n] : `${String(value)}x`;
    };
    fc.assert(
      fc.property(payouts, fc.nat(), (content, at) => {
        const index = at % content.length;
        for (const field of Object.keys(content[index] ?? {}) as (keyof PayoutContent)[]) {
          const changed = content.map((payout, n) =>
            n === index ? { ...payout, [field]: other(payout[field]) } : payout,
          );
          expect(hashOf(changed), field).not.toBe(hashOf(content));
        }
        expect(hashOf(content.slice(1))).not.toBe(hashOf(content));
      }),
      RUNS,
    );
  });
});
