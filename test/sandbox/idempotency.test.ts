import { randomUUID } from 'node:crypto';

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
  client,
  fund,
  makeLobAccount,
  makeTransfer,
  sandboxForAll,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;

let sandbox: Sandbox;
sandboxForAll((opened) => ({ sandbox } = opened));

const paidFor = async (url: string, key: string) =>
  (await booksOf(url)).entries.filter((entry) => at(entry, 'key') === key && at(entry, 'kind') === 'paid').length;

const breakOnce = (url: string, rule: object) => client(url, '')('POST', '/sandbox/faults', rule);

describe('given a request that was carried out before', () => {
  it('when a customerTransactionId is sent again then Wise returns the first transfer', async () => {
    const wise = asWise(sandbox);
    const first = await makeTransfer(wise);
    const again = await wise('POST', '/v1/transfers', first.body);
    expect([again.status, text(again.body, 'id')]).toEqual([200, first.transferId]);
  });

  it('when a transfer is funded twice then Wise refuses the second time and pays once', async () => {
    const wise = asWise(sandbox);
    const { transferId, id } = await makeTransfer(wise);
    await fund(wise, transferId);
    const again = await fund(wise, transferId);
    expect([again.status, at(again.body, 'errorCode')]).toEqual([422, 'transfer.invalid-state']);
    expect(await paidFor(sandbox.wise.url, id)).toBe(1);
  });

  it('when a sender_batch_id is sent again then PayPal refuses it and links to the first batch', async () => {
    const paypal = await asPaypal(sandbox);
    const first = await paypal('POST', '/v1/payments/payouts', batchOf('twice', [['a@example.com', '1.00']]));
    const again = await paypal('POST', '/v1/payments/payouts', batchOf('twice', [['a@example.com', '1.00']]));
    const id = text(first.body, 'batch_header', 'payout_batch_id');
    expect(again).toMatchObject({ status: 400, body: { name: 'USER_BUSINESS_ERROR' } });
    expect(text(again.body, 'details', 0, 'link', 0, 'href')).toBe(`${sandbox.paypal.url}/v1/payments/payouts/${id}`);
  });

  it('when a sender_item_id is sent again in another batch then PayPal pays again', async () => {
    const paypal = await asPaypal(sandbox);
    const batch = batchOf('first', [['a@example.com', '1.00']]);
    const other = { ...batch, sender_batch_header: { ...batch.sender_batch_header, sender_batch_id: 'second' } };
    await paypal('POST', '/v1/payments/payouts', batch);
    await paypal('POST', '/v1/payments/payouts', other);
    await advance(sandbox.paypal.url, MINUTE_MS);
    expect(await paidFor(sandbox.paypal.url, 'first/first-0')).toBe(1);
    expect(await paidFor(sandbox.paypal.url, 'second/first-0')).toBe(1);
  });

  it('when all items of a batch failed then its sender_batch_id can be used again', async () => {
    const paypal = await asPaypal(sandbox);
    await paypal('POST', '/v1/payments/payouts', batchOf('denied', [['failed@example.com', '1.00']]));
    await advance(sandbox.paypal.url, MINUTE_MS);
    const again = await paypal('POST', '/v1/payments/payouts', batchOf('denied', [['a@example.com', '1.00']]));
    expect(again.status).toBe(201);
  });

  it('when an Idempotency-Key is sent again within a day then Lob returns the first check', async () => {
    const lob = asLob(sandbox);
    const body = checkOf(await makeLobAccount(lob), '10.00');
    const send = () => lob('POST', '/v1/checks', body, { 'idempotency-key': 'key-1' });
    const [first, again] = [await send(), await send()];
    expect(text(again.body, 'id')).toBe(text(first.body, 'id'));
    await advance(sandbox.lob.url, 25 * 60 * MINUTE_MS);
    expect(text((await send()).body, 'id')).not.toBe(text(first.body, 'id'));
  });

  it('when a row is filed again then the bank recognizes it, and a different amount is refused', async () => {
    const bank = asBank(sandbox);
    const file = (amount: string) =>
      bank(
        'POST',
        '/positive-pay/files',
        `type,account,number,amount,currency,date,payee\nI,1,7,${amount},USD,2026-11-23,A`,
      );
    expect((await file('5.00')).body).toMatchObject({ accepted: 1, alreadyOnFile: 0 });
    expect((await file('5.00')).body).toMatchObject({ accepted: 1, alreadyOnFile: 1 });
    expect((await file('6.00')).body).toMatchObject({ accepted: 0, rejected: [{ line: 2 }] });
  });
});

describe('given a response that never arrived', () => {
  const HUNG_UP = /fetch failed|terminated/;
  const AFTER_COMMIT = ['commit-then-drop', 'commit-then-cut-body'] as const;

  it.each(AFTER_COMMIT)(
    'when PayPal does %s and the same bytes are sent again then money moves once',
    async (fault) => {
      const paypal = await asPaypal(sandbox);
      const batch = batchOf(fault, [['a@example.com', '3.00']]);
      await breakOnce(sandbox.paypal.url, { fault, path: '/v1/payments/payouts', method: 'POST' });
      await expect(paypal('POST', '/v1/payments/payouts', batch)).rejects.toThrow(HUNG_UP);
      expect((await paypal('POST', '/v1/payments/payouts', batch)).status).toBe(400);
      await advance(sandbox.paypal.url, MINUTE_MS);
      expect(await paidFor(sandbox.paypal.url, `${fault}/${fault}-0`)).toBe(1);
    },
  );

  it.each(AFTER_COMMIT)('when Wise does %s on funding then the transfer shows its payment', async (fault) => {
    const wise = asWise(sandbox);
    const { transferId, id } = await makeTransfer(wise);
    await breakOnce(sandbox.wise.url, { fault, path: '/payments$', method: 'POST' });
    await expect(fund(wise, transferId)).rejects.toThrow(HUNG_UP);
    expect((await wise('GET', `/v1/transfers/${transferId}/payments`)).body).toHaveLength(1);
    expect(await paidFor(sandbox.wise.url, id)).toBe(1);
  });

  it.each(AFTER_COMMIT)('when Lob does %s and the key comes again then one check is mailed', async (fault) => {
    const lob = asLob(sandbox);
    const body = checkOf(await makeLobAccount(lob), '11.00');
    await breakOnce(sandbox.lob.url, { fault, path: '/v1/checks' });
    await expect(lob('POST', '/v1/checks', body, { 'idempotency-key': fault })).rejects.toThrow(HUNG_UP);
    await lob('POST', '/v1/checks', body, { 'idempotency-key': fault });
    await advance(sandbox.lob.url, MINUTE_MS);
    expect(await paidFor(sandbox.lob.url, fault)).toBe(1);
  });

  it.each(['500-before-commit', 'drop-before-commit', '429', '401'])(
    'when Wise answers %s then nothing was created',
    async (fault) => {
      const wise = asWise(sandbox);
      const id = randomUUID();
      await breakOnce(sandbox.wise.url, { fault, path: '/v1/transfers', match: id });
      await makeTransfer(wise, { id }).catch(() => undefined);
      const all = await wise('GET', '/v1/transfers?limit=100');
      expect(JSON.stringify(all.body)).not.toContain(id);
    },
  );

  it('when commit-then-502 strikes then the page is HTML, and the batch exists', async () => {
    const paypal = await asPaypal(sandbox);
    const batch = batchOf('html', [['a@example.com', '3.00']]);
    await breakOnce(sandbox.paypal.url, { fault: 'commit-then-502' });
    expect(await paypal('POST', '/v1/payments/payouts', batch)).toMatchObject({ status: 502 });
    expect((await paypal('POST', '/v1/payments/payouts', batch)).status).toBe(400);
  });

  it('when Wise hangs after the commit then the caller gives up, and the transfer exists', async () => {
    const wise = asWise(sandbox);
    const { transferId } = await makeTransfer(wise);
    await breakOnce(sandbox.wise.url, { fault: 'commit-then-hang', path: '/payments$' });
    const patience = new AbortController();
    const hung = fetch(`${sandbox.wise.url}/v3/profiles/1001/transfers/${transferId}/payments`, {
      method: 'POST',
      body: '{"type":"BALANCE"}',
      headers: { authorization: `Bearer ${sandbox.secrets.wise.token}` },
      signal: patience.signal,
    });
    const isFunded = async () =>
      JSON.stringify((await wise('GET', `/v1/transfers/${transferId}/payments`)).body) !== '[]';
    await expect.poll(isFunded).toBe(true);
    patience.abort();
    await expect(hung).rejects.toThrow('abort');
  });
});
