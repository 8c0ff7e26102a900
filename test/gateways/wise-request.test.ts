import { describe, expect, it } from 'vitest';

import { money } from '../../domain/money.ts';
import type { PaymentOrder } from '../../gateways/gateway.ts';
import { freezeWise, thawWise } from '../../gateways/wise/request.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';

const ANSWERS = { any: { sourceOfFunds: 'income' }, BRL: { transferNature: 'SERVICES' } };

const order = (currency: 'USD' | 'BRL'): PaymentOrder => ({
  key: '019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f',
  payoutId: '019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e60',
  amount: money(10_000n, currency),
  destination: { ...PAYEES.wise, currency } as typeof PAYEES.wise,
  account: { profileId: '1001', transferFields: ANSWERS },
  reference: '20260301',
  checkNumber: null,
  payerName: 'Acme Inc',
  payerAddress: null,
  paidOn: '2026-03-02',
});

describe("given a payer's answers to what Wise asks about its transfers", () => {
  it.each([
    { currency: 'BRL', fields: { sourceOfFunds: 'income', transferNature: 'SERVICES' } },
    { currency: 'USD', fields: { sourceOfFunds: 'income' } },
  ] as const)('when $currency is paid then the frozen request has the answers for it', ({ currency, fields }) => {
    expect(thawWise(freezeWise(order(currency))).transferFields).toEqual(fields);
  });
});
