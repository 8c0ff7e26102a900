import { describe, expect, it } from 'vitest';

import { findBreaks, numberRepeats, type LedgerSide, type ProviderSide } from '../../../domain/books/reconciliation.ts';

const ours: LedgerSide = {
  attemptId: 'a',
  currency: 'USD',
  paidMinor: 1000n,
  feeMinor: 20n,
  returnedMinor: 0n,
  isUnknown: false,
  submittedAt: new Date('2026-03-01T00:00:00Z'),
};
const line = (
  kind: ProviderSide['kind'],
  minor: bigint,
  lineId: string = kind,
  attemptId: string | null = 'a',
): ProviderSide => ({
  attemptId,
  lineId,
  kind,
  currency: 'USD',
  minor,
});
const agreeing = [line('payout', -1000n), line('fee', -20n)];

describe('given an attempt of 10.00 with a fee of 0.20 in our books', () => {
  it('when the statement says the same then there is no break', () => {
    expect(findBreaks([ours], agreeing)).toEqual([]);
  });

  it.each([
    {
      statement: [line('fee', -20n)],
      kind: 'missing_at_provider',
      because: 'we booked a payment that the provider did not take',
    },
    { statement: [line('payout', -999n), line('fee', -20n)], kind: 'amount_differs', because: 'a cent is a cent' },
    { statement: [line('payout', -1000n), line('fee', -25n)], kind: 'fee_differs', because: 'fees are money' },
    {
      statement: [...agreeing, line('payout', -1000n, 'second')],
      kind: 'paid_twice',
      because: 'two payments carry our reference',
    },
    {
      statement: [...agreeing, line('return', 1000n)],
      kind: 'return_not_booked',
      because: 'the money came back unnoticed',
    },
    {
      statement: [...agreeing, line('payout', -500n, 'strange', null)],
      kind: 'missing_in_ledger',
      because: 'the payment matches nothing in our books',
    },
  ])('then $kind: $because', ({ statement, kind }) => {
    expect(findBreaks([ours], statement).map((found) => found.kind)).toEqual([kind]);
  });

  it.each([
    { what: 'names its batch', fee: -60n, batchId: 'b', kinds: [] },
    { what: 'names nothing, and is the sum of their fees', fee: -60n, batchId: null, kinds: [] },
    {
      what: 'names its batch, and has another amount',
      fee: -61n,
      batchId: 'b',
      kinds: ['fee_differs', 'fee_differs', 'fee_differs', 'missing_in_ledger'],
    },
    {
      what: 'names another batch',
      fee: -60n,
      batchId: 'c',
      kinds: ['fee_differs', 'fee_differs', 'fee_differs', 'missing_in_ledger'],
    },
  ])('when one line has the fees of three payments of a batch and $what then the breaks are $kinds', (row) => {
    const sides = ['a', 'b', 'c'].map((attemptId) => ({ ...ours, attemptId, batchId: 'b' }));
    const payments = sides.map(({ attemptId }) => line('payout', -1000n, `paid-${attemptId}`, attemptId));
    const shared = { ...line('fee', row.fee, 'shared', null), batchId: row.batchId };
    expect(findBreaks(sides, [...payments, shared]).map(({ kind }) => kind)).toEqual(row.kinds);
  });

  it('when the provider took a payment that our books do not have yet then it is missing in the ledger', () => {
    const notYet = { ...ours, paidMinor: 0n, feeMinor: 0n };
    expect(findBreaks([notYet], [line('payout', -1000n)]).map(({ kind }) => kind)).toEqual(['missing_in_ledger']);
  });

  it('when its outcome is unknown then that is a separate kind of break', () => {
    expect(findBreaks([{ ...ours, isUnknown: true }], agreeing).map(({ kind }) => kind)).toEqual(['unknown_outcome']);
  });

  it.each([
    { next: 'nothing more', found: [], booked: 1000n, back: 0n, lines: ['payout', 'return', 'payout'] },
    {
      next: 'it bounced again',
      found: [],
      booked: 1000n,
      back: 1000n,
      lines: ['payout', 'return', 'payout', 'return'],
    },
    {
      next: 'a third payment',
      found: ['paid_twice', 'return_not_booked'],
      booked: 1000n,
      back: 0n,
      lines: ['payout', 'return', 'payout', 'payout'],
    },
  ] as const)('when a check bounced and was paid when presented again, and then $next, then there is $found', (row) => {
    const statement = row.lines.map((kind, n) => line(kind, kind === 'payout' ? -1000n : 1000n, `${n}`));
    const check = { ...ours, paidMinor: row.booked, feeMinor: 0n, returnedMinor: row.back };
    expect(findBreaks([check], statement).map(({ kind }) => kind)).toEqual(row.found);
  });

  it('when lines of one statement share an id then their order tells them apart', () => {
    const ids = (lines: readonly { id: string }[]) => numberRepeats(lines).map(({ id }) => id);
    expect(ids([{ id: 'B1' }, { id: 'B2' }, { id: 'B1' }, { id: 'B1' }])).toEqual(['B1', 'B2', 'B1#2', 'B1#3']);
  });

  it('money that we deposited with the provider is not a break', () => {
    expect(findBreaks([], [line('funding', 5000n, 'top-up', null)])).toEqual([]);
  });
});
