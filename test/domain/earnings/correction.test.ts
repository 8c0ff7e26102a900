import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { correctionPostings } from '../../../domain/books/postings.ts';
import { CORRECTION_KINDS, whyNotDecideCorrection, whyNotWriteOff } from '../../../domain/earnings/correction.ts';
import { money } from '../../../domain/money.ts';
import { RUNS } from '../../fixtures/property-runs.ts';

const proposed = { status: 'proposed', proposedById: 'id-olga', proposedBy: 'olga' } as const;
const anna = { id: 'id-anna', isPayee: false, isProposerPayee: false, hasRoleFromProposer: false };

describe('given a correction that Olga proposed', () => {
  it.each([
    { who: anna, code: undefined, because: 'Anna had no hand in it' },
    { who: { ...anna, id: 'id-olga' }, code: 'decider_is_proposer', because: 'Olga proposed it' },
    { who: { ...anna, hasRoleFromProposer: true }, code: 'role_given_by_editor', because: 'both may be Olga' },
    { who: { ...anna, isPayee: true }, code: 'approver_is_payee', because: 'Anna is paid by it' },
    { who: { ...anna, isProposerPayee: true }, code: 'approver_is_payee', because: 'Olga is paid by it by now' },
  ])('when $who.id decides then the answer is $code: $because', ({ who, code }) => {
    expect(whyNotDecideCorrection(proposed, who, 'confirm')?.code).toBe(code);
  });

  it('when Olga is paid by it by now then Anna may still refuse it', () => {
    expect(whyNotDecideCorrection(proposed, { ...anna, isProposerPayee: true }, 'refuse')).toBeUndefined();
  });

  it.each(['confirmed', 'refused'] as const)('when it is %s then nobody decides it again', (status) => {
    expect(whyNotDecideCorrection({ ...proposed, status }, anna, 'refuse')?.code).toBe('correction_not_open');
  });
});

const usd = (minor: bigint) => money(minor, 'USD');

describe('given a balance to give up and a smallest payout of 1.00', () => {
  it.each([
    { balance: -2000n, minor: 2000n, fits: true, because: 'all that is owed to us' },
    { balance: -2000n, minor: 500n, fits: true, because: 'a part of it' },
    { balance: -2000n, minor: 2001n, fits: false, because: 'it would pay the partner' },
    { balance: -2000n, minor: -1n, fits: false, because: 'it would add to the debt' },
    { balance: 99n, minor: -99n, fits: true, because: 'too little to be paid' },
    { balance: 99n, minor: -100n, fits: false, because: 'it would make a debt' },
    { balance: 99n, minor: 1n, fits: false, because: 'it would give, and not give up' },
    { balance: 100n, minor: -100n, fits: false, because: 'it can be paid' },
    { balance: 0n, minor: 1n, fits: false, because: 'nothing is there' },
  ])('when $balance is changed by $minor then it fits: $fits, $because', ({ balance, minor, fits }) => {
    expect(whyNotWriteOff({ balance: usd(balance), minimum: usd(100n) }, minor) === undefined).toBe(fits);
  });
});

describe('given the items of any correction', () => {
  const item = fc.record({
    partnerId: fc.bigInt(1n, 3n),
    programId: fc.integer({ min: 1, max: 2 }),
    currency: fc.constantFrom('USD' as const, 'EUR' as const),
    minor: fc.bigInt(-1000n, 1000n).filter((minor) => minor !== 0n),
  });

  it('when it is booked then each journal adds up to zero, and each partner is owed what the items say', () => {
    const adding = CORRECTION_KINDS.filter((kind) => kind !== 'transfer' && kind !== 'merge');
    fc.assert(
      fc.property(fc.constantFrom(...adding), fc.array(item, { minLength: 1, maxLength: 20 }), (kind, drawn) => {
        const items = drawn.map((one, index) => ({ ...one, no: index + 1 }));
        const postings = correctionPostings({ correctionId: 'c', kind, items }, new Date(0));
        expect(new Set(postings.map(({ key }) => key)).size).toBe(postings.length);
        for (const { entries } of postings) expect(entries.reduce((sum, { minor }) => sum + minor, 0n)).toBe(0n);
        const owed = (partnerId: bigint) =>
          -postings
            .flatMap(({ entries }) => entries)
            .reduce((sum, { account, minor }) => (account.partnerId === partnerId ? sum + minor : sum), 0n);
        for (const id of [1n, 2n, 3n])
          expect(owed(id)).toBe(items.reduce((sum, one) => (one.partnerId === id ? sum + one.minor : sum), 0n));
      }),
      RUNS,
    );
  });

  it('when an amount is moved then no account besides the two partners is touched', () => {
    const items = [
      { no: 1, partnerId: 1n, programId: 1, currency: 'USD' as const, minor: -1234n },
      { no: 2, partnerId: 2n, programId: 1, currency: 'USD' as const, minor: 1234n },
    ];
    expect(correctionPostings({ correctionId: 'c', kind: 'transfer', items }, new Date(0))).toMatchObject([
      {
        kind: 'transfer',
        entries: [
          { account: { partnerId: 1n }, minor: 1234n },
          { account: { partnerId: 2n }, minor: -1234n },
        ],
      },
    ]);
  });
});
