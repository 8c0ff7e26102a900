import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { divide, type DividingTerms } from '../../../domain/earnings/pool.ts';
import { versionOfPool } from '../../../domain/earnings/pool-terms.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const planOf = (pay: object, more: object = {}) =>
  PlanTerms.parse({
    holdDays: 0,
    rounding: 'half-even',
    incentives: [
      { id: 'pool', window: 'quarter', earned: 'at-close', unit: 'USD', pay: { rule: 'share', ...pay }, ...more },
    ],
  });
const termsOf = (pay: object) => planOf(pay).incentives[0] as DividingTerms;

describe('given a pool', () => {
  it('when it is divided then the parts add up to it, and nobody gets a cent more or less than the exact part', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 12n), fc.array(fc.bigInt(0n, 10n ** 12n), { minLength: 1 }), (pool, volumes) => {
        const { total, parts } = divide(termsOf({ pool: `${pool}.00` }), volumes);
        const sum = parts.reduce((one, other) => one + other, 0n);
        expect(sum).toBe(total === 0n ? 0n : pool * 100n);
        for (const [index, part] of parts.entries()) {
          const off = part * total - pool * 100n * (volumes[index] ?? 0n);
          expect(off < total || total === 0n).toBe(true);
          expect(off > -total || total === 0n).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it.each([
    { volumes: [1n, 1n, 1n], parts: [3334n, 3333n, 3333n], because: 'the first of equals gets the spare cent' },
    { volumes: [0n, 0n], parts: [0n, 0n], because: 'nobody reached anything' },
    { volumes: [7n], parts: [10_000n], because: 'one partner gets all of it' },
  ])('when $volumes were reached then $parts: $because', ({ volumes, parts }) => {
    expect(divide(termsOf({ pool: '100.00' }), volumes).parts).toEqual(parts);
  });
});

describe('given terms that change in the quarter', () => {
  const POOL = {
    incentiveId: 'pool',
    currency: 'USD',
    window: 'quarter',
    start: '2026-01-01',
    measure: 'amount at close of a pool',
  } as const;
  const version = (id: number, day: string, terms = planOf({ pool: '1.00' })) => ({
    id,
    effectiveFrom: new Date(`${day}T00:00:00Z`),
    terms,
  });
  const other = planOf({ pool: '9.00' }, { measure: 'quantity' });

  it.each([
    {
      versions: [version(2, '2026-03-31'), version(1, '2025-01-01')],
      id: 2,
      because: 'it is in force on the last day',
    },
    { versions: [version(2, '2026-04-01'), version(1, '2025-01-01')], id: 1, because: 'the new one begins too late' },
    {
      versions: [version(2, '2026-03-01', other), version(1, '2025-01-01')],
      id: 1,
      because: 'it divides another pool',
    },
    {
      versions: [version(2, '2027-01-01'), version(1, '2026-06-01')],
      id: 1,
      because: 'the first one counts before any',
    },
    { versions: [version(1, '2025-01-01', other)], id: undefined, because: 'no version divides this pool' },
  ])('when the window is over then version $id says how large the pool is: $because', ({ versions, id }) => {
    expect(versionOfPool(versions, POOL, 'UTC')?.id).toBe(id);
  });
});
