import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  accrualPosting,
  debitPosting,
  foreignFeePosting,
  failPosting,
  type Paid,
  partialReturnPosting,
  type Posting,
  returnPosting,
  sendPosting,
} from '../../../domain/books/postings.ts';

const at = new Date('2026-03-01T00:00:00Z');
const paid: Paid = {
  attemptId: 'attempt',
  gateway: 'wise',
  partnerId: 7n,
  currency: 'USD',
  gross: 1000n,
  withheld: 240n,
  fee: 10n,
  net: 750n,
};

const sum = (...postings: readonly Posting[]): Record<string, bigint> => {
  const totals: Record<string, bigint> = {};
  for (const { entries } of postings)
    for (const { account, minor } of entries) totals[account.code] = (totals[account.code] ?? 0n) + minor;
  return Object.fromEntries(Object.entries(totals).filter(([, minor]) => minor !== 0n));
};

const earned = accrualPosting({
  batchId: 1n,
  programId: 3,
  currency: 'USD',
  bookedAt: at,
  lines: [
    { partnerId: 7n, minor: 1200n },
    { partnerId: 7n, minor: -200n },
  ],
});

describe('given 10.00 was earned, with 2.40 withheld and a fee of 0.10', () => {
  it('when it is sent and the provider takes it with a fee of 0.31 then nothing is owed to the partner and cash falls by 7.81', () => {
    expect(sum(earned, sendPosting(paid, at), debitPosting(paid, 31n, at))).toEqual({
      'program:expense:3': 1000n,
      'tax:withheld': -240n,
      'fees:payout': -10n,
      'fees:wise': 31n,
      'cash:wise': -781n,
    });
  });

  it('when it fails then the books are the same as before the send', () => {
    expect(sum(earned, sendPosting(paid, at), failPosting(paid, at))).toEqual(sum(earned));
  });

  it('when everything except 0.05 comes back then the whole amount is owed to the partner, and 0.05 is our cost', () => {
    expect(sum(earned, sendPosting(paid, at), debitPosting(paid, 0n, at), returnPosting(paid, 745n, 0n, at))).toEqual({
      'program:expense:3': 1000n,
      'partner:payable:7': -1000n,
      'fees:wise': 5n,
      'cash:wise': -5n,
    });
  });

  it('when a part comes back then it waits in suspense', () => {
    expect(sum(partialReturnPosting(paid, 300n, 0n, at))).toEqual({ 'cash:wise': 300n, suspense: -300n });
  });

  it('when the rest follows then suspense is empty and the whole amount is owed again, once', () => {
    const sent = [earned, sendPosting(paid, at), debitPosting(paid, 0n, at)];
    const back = [partialReturnPosting(paid, 300n, 0n, at), returnPosting(paid, 750n, 300n, at)];
    expect(sum(...sent, ...back)).toEqual(sum(earned));
  });
});

it('for all amounts, every posting adds up to zero and has no zero entry', () => {
  const amount = fc.bigInt(0n, 10n ** 12n);
  fc.assert(
    fc.property(amount, amount, fc.bigInt(1n, 10n ** 12n), amount, (withheld, fee, net, other) => {
      const some: Paid = { ...paid, withheld, fee, net, gross: net + withheld + fee };
      for (const { entries } of [
        sendPosting(some, at),
        debitPosting(some, other, at),
        foreignFeePosting(some, { minor: other, currency: 'EUR' }, at),
        failPosting(some, at),
        returnPosting(some, other, fee, at),
        partialReturnPosting(some, other, 0n, at),
      ]) {
        expect(entries.reduce((total, { minor }) => total + minor, 0n)).toBe(0n);
        expect(entries.every(({ minor }) => minor !== 0n)).toBe(true);
      }
    }),
  );
});
