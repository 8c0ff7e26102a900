import { describe, expect, it } from 'vitest';

import { money } from '../../domain/money.ts';
import { findBreaks, type LedgerSide } from '../../domain/books/reconciliation.ts';
import type { PayPalTransaction } from '../../gateways/paypal/client.ts';
import { createPayPalGateway } from '../../gateways/paypal/gateway.ts';
import { toLines } from '../../gateways/paypal/statement.ts';

const KEY = 'our-item';
const PAID: LedgerSide = {
  attemptId: KEY,
  currency: 'USD',
  paidMinor: 1000n,
  feeMinor: 20n,
  returnedMinor: 0n,
  isUnknown: false,
  submittedAt: new Date('2026-11-23T10:00:00Z'),
};

const transaction = (code: string, minor: bigint, more: Partial<PayPalTransaction> = {}): PayPalTransaction => ({
  transaction_id: `T-${code}`,
  transaction_event_code: code,
  transaction_initiation_date: '2026-11-23T10:00:00Z',
  transaction_amount: money(minor, 'USD'),
  ...more,
});

/** The result of reconciling a day on which PayPal reported these transactions. Lines find their payment by our key. */
const breaksOf = (transactions: readonly PayPalTransaction[], ledger: readonly LedgerSide[]) =>
  findBreaks(
    ledger,
    transactions.flatMap(toLines).map(({ id, kind, amount, key }) => ({
      attemptId: key,
      lineId: id,
      kind,
      currency: amount.currency,
      minor: amount.minor,
    })),
  ).map(({ kind, subject }) => `${kind} ${subject}`);

const payment = transaction('T0001', -1000n, { custom_field: KEY });
const fee = transaction('T0104', -20n, { custom_field: KEY });
const hold = transaction('T1503', -1020n);
const release = transaction('T1105', 1020n);
const reversal = transaction('T1114', 1000n, { custom_field: KEY });

describe('given the transactions that PayPal reports for a day', () => {
  it.each([
    { of: 'payment and fee agree', transactions: [payment, fee], breaks: [] },
    { of: 'money was held for it and released', transactions: [hold, release, payment, fee], breaks: [] },
    {
      of: 'the release names the payment',
      transactions: [{ ...release, custom_field: KEY }, payment, fee],
      breaks: [],
    },
    { of: 'a hold lasts past the end of the day', transactions: [payment, fee, hold], breaks: [] },
    { of: 'the fee is missing', transactions: [payment], breaks: ['fee_differs attempt/our-item'] },
    {
      of: 'it came back and nobody booked that',
      transactions: [payment, fee, reversal],
      breaks: ['return_not_booked attempt/our-item'],
    },
    {
      of: 'a fee belongs to no payment of ours',
      transactions: [payment, fee, transaction('T0104', -5n, { transaction_id: 'X' })],
      breaks: ['missing_in_ledger line/X:T0104'],
    },
    {
      of: 'money went for a reason that is not ours',
      transactions: [payment, fee, transaction('T0400', -500n)],
      breaks: ['missing_in_ledger line/T-T0400:T0400'],
    },
    { of: 'the balance was topped up', transactions: [payment, fee, transaction('T0300', 9000n)], breaks: [] },
  ])('when $of then the breaks are $breaks', ({ transactions, breaks }) => {
    expect(breaksOf(transactions, [PAID])).toEqual(breaks);
  });
});

describe('given a day whose pages change while they are read', () => {
  const info = (id: string, more: object = {}) => ({
    transaction_info: {
      transaction_id: id,
      transaction_event_code: 'T0001',
      transaction_initiation_date: '2026-11-23T10:00:00Z',
      transaction_amount: { value: '-10.00', currency_code: 'USD' },
      ...more,
    },
  });

  /** The lines that are read from these pages, and the rows that could not be read. */
  async function read(pages: readonly (readonly object[])[]) {
    const settings = {
      baseUrl: 'https://paypal.example',
      clientId: 'c',
      clientSecret: 's',
      webhookId: 'w',
      certUrlPrefix: '',
    };
    const gateway = createPayPalGateway(settings, {
      now: () => new Date(),
      fetch: async (url) => {
        const { pathname, searchParams } = new URL(new Request(url).url);
        if (pathname.endsWith('/token')) return Response.json({ access_token: 't', expires_in: 3600 });
        const transaction_details = pages[Number(searchParams.get('page')) - 1] ?? [];
        return Response.json({ transaction_details, total_pages: pages.length });
      },
    });
    const unreadable: string[] = [];
    const [from, to] = [new Date('2026-11-23T00:00:00Z'), new Date('2026-11-24T00:00:00Z')];
    const signal = AbortSignal.timeout(10_000);
    const lines = await gateway.statement({}, 'USD', from, to, signal, (row) => unreadable.push(row));
    return { lines: lines.map(({ id, amount }) => `${id} ${amount.minor}`), unreadable };
  }

  it('when the last row of a page is also the first of the next then it counts once', async () => {
    const { lines } = await read([
      [info('A'), info('B')],
      [info('B'), info('C')],
    ]);
    expect(lines).toEqual(['A:T0001 -1000', 'B:T0001 -1000', 'C:T0001 -1000']);
  });

  it('when two rows share id and code but differ then each is a line of its own', async () => {
    const { lines } = await read([
      [info('A'), info('A', { transaction_amount: { value: '-2.00', currency_code: 'USD' } })],
    ]);
    expect(lines).toEqual(['A:T0001 -1000', 'A:T0001 -200']);
  });

  it('when a row is not as documented then it is named, and the others are read', async () => {
    const { lines, unreadable } = await read([[info('A', { transaction_amount: 'a lot' }), info('B')]]);
    expect({ lines, unreadable }).toEqual({ lines: ['B:T0001 -1000'], unreadable: ['A'] });
  });
});
