import { describe, expect, it } from 'vitest';

import type { Sandbox } from '../../sandbox/index.ts';
import {
  advance,
  asBank,
  asPaypal,
  asWise,
  at,
  batchOf,
  booksOf,
  client,
  fund,
  list,
  makeTransfer,
  sandboxForEach,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let sandbox: Sandbox;
sandboxForEach((opened) => ({ sandbox } = opened));

/** Adds up two-digit decimals without floats. */
const cents = (decimal: string) => BigInt(Math.sign(Number(decimal)) || 1) * BigInt(decimal.replace(/[-.]/g, ''));
const sum = (decimals: string[]) => decimals.reduce((total, decimal) => total + cents(decimal), 0n);

const booksTotal = async (url: string, currency: string) => {
  const { totals } = await booksOf(url);
  const of = (kind: string) => cents(text(totals, currency, kind));
  return of('returned') - of('paid') - of('fee');
};

const around = (from: number, to: number) => [new Date(from).toISOString(), new Date(to).toISOString()];

describe('given payments with every outcome', () => {
  it('when Wise shows the statement then its lines add up to the books', async () => {
    const wise = asWise(sandbox);
    for (const name of ['Ada Partner', 'Bounce Partner'])
      await fund(wise, (await makeTransfer(wise, { name })).transferId);
    await advance(sandbox.wise.url, MINUTE_MS);
    const [from, to] = around(Date.now() - DAY_MS, Date.now() + DAY_MS);
    const balances = await wise('GET', '/v4/profiles/1001/balances?types=STANDARD');
    const balance = list(balances.body).find((row) => at(row, 'currency') === 'EUR');
    const path = `/v1/profiles/1001/balance-statements/${text(balance, 'id')}/statement.json`;
    const url = `${sandbox.wise.url}${path}?currency=EUR&intervalStart=${from}&intervalEnd=${to}&type=COMPACT`;
    const raw = await (await fetch(url, { headers: { authorization: 'Bearer sandbox-wise-token' } })).text();
    const amounts = [...raw.matchAll(/"amount":\{"value":(-?[\d.]+)/g)].map(([, value = '']) => value);
    expect(amounts).toEqual(['-100.41', '-100.41', '100.10']);
    expect(sum(amounts)).toBe(await booksTotal(sandbox.wise.url, 'EUR'));
  });

  it('when PayPal reports its transactions then all pages add up to the books', async () => {
    const paypal = await asPaypal(sandbox);
    const items: [string, string][] = [
      ['a@example.com', '10.00'],
      ['unclaimed@example.com', '7.77'],
      ['failed@example.com', '5.00'],
      ['half@example.com', '4.01'],
    ];
    await client(sandbox.paypal.url, '')('POST', '/sandbox/outcomes', { match: 'half', outcome: 'refund-partly' });
    await paypal('POST', '/v1/payments/payouts', batchOf('mixed', items));
    await advance(sandbox.paypal.url, 30 * DAY_MS + MINUTE_MS);
    const [from, to] = around(Date.now() - MINUTE_MS, Date.now() + 31 * DAY_MS - 2 * MINUTE_MS);
    const later = await asPaypal(sandbox); // the first token has expired by then
    const search = (page: number) =>
      later('GET', `/v1/reporting/transactions?start_date=${from}&end_date=${to}&page_size=3&page=${page}`);
    const pages = [await search(1), await search(2), await search(3)];
    const lines = pages.flatMap(({ body }) => list(body, 'transaction_details'));
    const codes = lines.map((line) => text(line, 'transaction_info', 'transaction_event_code'));
    expect(codes).toEqual(['T0001', 'T0104', 'T0001', 'T0104', 'T0001', 'T0104', 'T1115', 'T1114']);
    const amounts = lines.map((line) => text(line, 'transaction_info', 'transaction_amount', 'value'));
    expect(sum(amounts)).toBe(await booksTotal(sandbox.paypal.url, 'USD'));
  });

  it('when a report for more than 31 days is requested then PayPal refuses', async () => {
    const [from, to] = around(0, 32 * DAY_MS);
    const answer = await (
      await asPaypal(sandbox)
    )('GET', `/v1/reporting/transactions?start_date=${from}&end_date=${to}`);
    expect(answer.status).toBe(400);
  });

  it('when the bank shows the statement then it contains only paid checks, and they add up to the books', async () => {
    const bank = asBank(sandbox);
    const outcome = (match: string, word: string) =>
      client(sandbox.bank.url, '')('POST', '/sandbox/outcomes', { match, outcome: word });
    await outcome('Never', 'never-cleared');
    await outcome('Raised', 'wrong-amount');
    const rows = [
      'I,42,1,10.10,USD,2026-11-23,Ada',
      'I,42,2,20.20,USD,2026-11-23,Never',
      'I,42,3,30.30,USD,2026-11-23,Raised',
      'I,42,4,40.40,USD,2026-11-23,Ada',
      'V,42,4,40.40,USD,2026-11-23,Ada',
      'I,42,5,50.50,USD,2026-11-23,Ada',
    ];
    await bank('POST', '/positive-pay/files', ['type,account,number,amount,currency,date,payee', ...rows].join('\n'));
    await bank('POST', '/stop-payments', { account: '42', number: '2' });
    await advance(sandbox.bank.url, MINUTE_MS);
    const days = around(Date.now() - DAY_MS, Date.now() + DAY_MS).map((time) => time.slice(0, 10));
    const { body: xml } = await bank('GET', `/statements/42?from=${days[0]}&to=${days[1]}`);
    const entries = [...String(xml).matchAll(/<Ntry>.*?<Amt Ccy="USD">([\d.]+)<.*?<ChqNb>(\d+)</g)];
    expect(entries.map(([, amount, number]) => `${number}: ${amount}`)).toEqual(['1: 10.10', '5: 50.50']);
    expect(-sum(entries.map(([, amount = '']) => amount))).toBe(await booksTotal(sandbox.bank.url, 'USD'));
    const { body: exceptions } = await bank('GET', '/exceptions');
    const reasons = list(exceptions, 'exceptions').map((row) => `${text(row, 'number')}: ${text(row, 'reason')}`);
    expect(reasons).toEqual(['3: amount differs from 30.30 on file', '4: check is void']);
    expect((await bank('GET', '/checks/42/2')).body).toMatchObject({ status: 'stopped', paidOn: null });
  });
});
