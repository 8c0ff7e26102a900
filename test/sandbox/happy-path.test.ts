import { describe, expect, it } from 'vitest';

import type { Sandbox } from '../../sandbox/index.ts';
import {
  advance,
  asBank,
  asLob,
  asPaypal,
  asWise,
  at,
  batchOf,
  booksOf,
  checkOf,
  fileCheck,
  fund,
  list,
  makeLobAccount,
  makeTransfer,
  sandboxForAll,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;

let sandbox: Sandbox;
sandboxForAll((opened) => ({ sandbox } = opened));

describe('given a partner to pay', () => {
  it('when a Wise transfer is funded then it is sent, and the balance pays the amount and the fee', async () => {
    const wise = asWise(sandbox);
    const { transferId, id } = await makeTransfer(wise, { amount: '100.10' });
    const funded = await fund(wise, transferId);
    expect([funded.status, at(funded.body, 'status')]).toEqual([200, 'COMPLETED']);
    await advance(sandbox.wise.url, MINUTE_MS);
    const transfer = await wise('GET', `/2026Q4/transfers/${transferId}`);
    expect(text(transfer.body, 'status')).toBe('outgoing_payment_sent');
    expect((await booksOf(sandbox.wise.url)).entries).toMatchObject([
      { key: id, reference: transferId, kind: 'paid', currency: 'EUR', amount: '100.10' },
      { key: id, reference: transferId, kind: 'fee', currency: 'EUR', amount: '0.31' },
    ]);
  });

  it('when a PayPal batch has run then the item is SUCCESS and its fee is two percent', async () => {
    const paypal = await asPaypal(sandbox);
    const made = await paypal('POST', '/v1/payments/payouts', batchOf('b-1', [['ada@example.com', '25.25']]));
    expect(made.status).toBe(201);
    await advance(sandbox.paypal.url, MINUTE_MS);
    const id = text(made.body, 'batch_header', 'payout_batch_id');
    const batch = await paypal('GET', `/v1/payments/payouts/${id}`);
    expect(text(batch.body, 'batch_header', 'batch_status')).toBe('SUCCESS');
    expect(at(batch.body, 'items', 0)).toMatchObject({
      transaction_status: 'SUCCESS',
      payout_item_fee: { currency: 'USD', value: '0.51' },
    });
    expect((await booksOf(sandbox.paypal.url)).totals).toEqual({
      USD: { paid: '25.25', fee: '0.51', returned: '0.00' },
    });
  });

  it('when Lob mails a check then the bank pays it', async () => {
    const lob = asLob(sandbox);
    const account = await makeLobAccount(lob);
    await fileCheck(asBank(sandbox), '123456789', '10000', '75.50');
    const made = await lob('POST', '/v1/checks', checkOf(account, '75.50'), { 'idempotency-key': 'po-1' });
    expect(made.status).toBe(200);
    await advance(sandbox.lob.url, MINUTE_MS);
    await advance(sandbox.bank.url, MINUTE_MS);
    const check = await lob('GET', `/v1/checks?metadata[payout_id]=po-1`);
    const tracking = list(check.body, 'data', 0, 'tracking_events').map((event) => text(event, 'name'));
    expect(tracking).toEqual(['Mailed', 'Delivered']);
    const number = text(made.body, 'check_number');
    const inquiry = await asBank(sandbox)('GET', `/checks/123456789/${number}`);
    expect(inquiry.body).toMatchObject({ status: 'paid', amount: '75.50' });
  });

  it('when our own check is on file then the bank pays it', async () => {
    const bank = asBank(sandbox);
    const csv = 'type,account,number,amount,currency,date,payee\nI,999,1001,12.34,USD,2026-11-23,"Partner, Ada"\n';
    const filed = await bank('POST', '/positive-pay/files', csv, { 'content-type': 'text/csv' });
    expect(filed.body).toMatchObject({ accepted: 1, rejected: [] });
    await advance(sandbox.bank.url, MINUTE_MS);
    expect((await bank('GET', '/checks/999/1001')).body).toMatchObject({ status: 'paid' });
  });
});
