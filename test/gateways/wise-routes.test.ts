import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CurrencyCode } from '../../domain/currency.ts';
import { openFixture, type Fixture } from './fixture.ts';

const ROUTES = {
  BRL: { type: 'brazil', bankCode: '001', branchCode: '1', accountNumber: '1', accountType: 'CHECKING' },
  INR: { type: 'indian', ifscCode: 'YESB0000001', accountNumber: '1' },
  USD: { type: 'aba', abartn: '021000021', accountNumber: '12345678', accountType: 'CHECKING' },
} as const satisfies Partial<Record<CurrencyCode, Record<string, string>>>;

const PURPOSE = { transferPurpose: 'verification.transfers.purpose.pay.bills' };
const SOURCE = { sourceOfFunds: 'verification.source.of.funds.business.income' };
const NATURE = { transferNature: 'CURRENT_ACCOUNT_SERVICES' };

describe('given a route of Wise that requires facts about the payment', () => {
  let fixture: Fixture;
  let calls: string[] = [];
  beforeAll(async () => {
    fixture = await openFixture({
      async fetch(url, init) {
        calls.push(`${init?.method} ${new URL(url instanceof Request ? url.url : url).pathname}`);
        return fetch(url, init);
      },
    });
  });
  afterAll(() => fixture.close());

  function attempt(currency: keyof typeof ROUTES, amount: string, answers: Record<string, string>) {
    const destination = {
      method: 'bank' as const,
      holder: 'Paula',
      currency,
      country: 'XX',
      details: ROUTES[currency],
    };
    const account = { ...fixture.payerAccounts.wise, transferFields: { [currency]: answers } };
    calls = [];
    return fixture.attempt('wise', { currency, amount, destination, account });
  }

  it.each([
    { currency: 'BRL', amount: '100.00', answers: {}, says: 'paymentMetadata.transferNature' },
    { currency: 'INR', amount: '100.00', answers: {}, says: 'Wise requires transferPurpose' },
    { currency: 'INR', amount: '100.00', answers: { transferPurpose: 'gift' }, says: 'transferPurpose is not one of' },
    { currency: 'USD', amount: '90000.00', answers: PURPOSE, says: 'Wise requires sourceOfFunds' },
  ] as const)(
    'when $amount $currency has the answers $answers then it fails before a transfer exists, and the reason names the field: $says',
    async ({ currency, amount, answers, says }) => {
      const one = attempt(currency, amount, answers);
      expect(await one.submit()).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining(says),
        debited: null,
      });
      expect(calls.filter((call) => call.endsWith('/transfers') || call.endsWith('/payments'))).toEqual([]);
    },
  );

  it.each([
    { currency: 'BRL', amount: '100.00', answers: NATURE },
    { currency: 'INR', amount: '100.00', answers: PURPOSE },
    { currency: 'USD', amount: '90000.00', answers: SOURCE },
    { currency: 'USD', amount: '100.00', answers: {} },
  ] as const)('when $amount $currency has the answers $answers then it is paid once', async (row) => {
    const one = attempt(row.currency, row.amount, row.answers);
    expect((await one.submit()).state).toBe('accepted');
    const paid = (await fixture.movements('wise', one.stored.key)).filter(({ kind }) => kind === 'paid');
    expect(paid).toMatchObject([{ amount: row.amount, currency: row.currency }]);
  });
});
