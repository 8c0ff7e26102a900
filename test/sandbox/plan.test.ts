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
  type Call,
  checkOf,
  client,
  fund,
  list,
  makeLobAccount,
  makeTransfer,
  type Opened,
  sandboxForEach,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;
const TODAY = new Date().toISOString().slice(0, 10);
const TOMORROW = new Date(Date.now() + 24 * 60 * MINUTE_MS).toISOString().slice(0, 10);

let sandbox: Sandbox;
let receiver: Opened['receiver'];
sandboxForEach((opened) => ({ sandbox, receiver } = opened), { webhooks: true });

const control = (url: string): Call => client(url, '');

/** Requests the profiles a number of times and returns how each call ended. */
async function askOften(times: number): Promise<string[]> {
  const wise = asWise(sandbox);
  const seen: string[] = [];
  for (let call = 0; call < times; call += 1)
    seen.push(
      await wise('GET', '/v1/profiles').then(
        ({ status }) => String(status),
        () => 'dropped',
      ),
    );
  return seen;
}

describe('given a plan of faults from a seed', () => {
  const plan = (body: object) => control(sandbox.wise.url)('POST', '/sandbox/plan', body);
  const faults = ['commit-then-drop', '500-before-commit', '429'];

  it('when the same seed runs again then the same requests meet the same faults, and another seed differs', async () => {
    await plan({ seed: 7, rate: 0.4, faults });
    const first = await askOften(30);
    await plan({ seed: 7, rate: 0.4, faults });
    expect(await askOften(30)).toEqual(first);
    expect(new Set(first)).toEqual(new Set(['200', 'dropped', '500', '429']));
    await plan({ seed: 8, rate: 0.4, faults });
    expect(await askOften(30)).not.toEqual(first);
  });

  it('when it has struck then it lists where, so that a bad run can be explained', async () => {
    await plan({ seed: 7, rate: 1, faults: ['429'], requests: 2 });
    expect(await askOften(3)).toEqual(['429', '429', '200']);
    expect((await control(sandbox.wise.url)('GET', '/sandbox/plan')).body).toMatchObject({
      isOver: true,
      drawn: [
        { n: 1, fault: '429', method: 'GET', path: '/v1/profiles' },
        { n: 2, fault: '429', method: 'GET', path: '/v1/profiles' },
      ],
    });
  });

  it('when its time is over or we end it then no request meets a fault', async () => {
    await plan({ seed: 7, rate: 1, faults: ['429'], forMs: -1 });
    expect(await askOften(1)).toEqual(['200']);
    await plan({ seed: 7, rate: 1, faults: ['429'] });
    await control(sandbox.wise.url)('DELETE', '/sandbox/plan');
    expect(await askOften(1)).toEqual(['200']);
  });

  it.each([{ rate: 0 }, { rate: 2 }, { rate: 0.5, faults: ['no-such-fault'] }])(
    'when it is %j then it is refused and nothing changes',
    async (body) => {
      expect((await plan({ seed: 1, ...body })).status).toBe(400);
      expect((await control(sandbox.wise.url)('GET', '/sandbox/plan')).body).toBe('null');
    },
  );

  it('when a fault needs a person or makes a report wrong then only a plan that names it draws it', async () => {
    const { body } = await plan({ seed: 1, rate: 0.5 });
    expect(list(body, 'faults')).toContain('token-expired');
    for (const fault of ['401', '403-sca', 'unknown-word', 'wrong-amount'])
      expect(list(body, 'faults')).not.toContain(fault);
  });

  it.each([
    { fault: 'duplicate-webhook', deliveries: 2 },
    { fault: 'forged-webhook', deliveries: 2 },
    { fault: 'reordered-webhook', deliveries: 1 },
    { fault: 'late-webhook', deliveries: 1 },
  ])('when it has $fault then an event is delivered $deliveries times', async ({ fault, deliveries }) => {
    await plan({ seed: 1, rate: 1, faults: [fault] });
    await makeTransfer(asWise(sandbox));
    const hooks = await receiver.take(deliveries);
    expect(new Set(hooks.map(({ body }) => body)).size).toBe(1);
    const signatures = new Set(hooks.map(({ headers }) => headers['x-signature-sha256']));
    expect(signatures.size).toBe(fault === 'forged-webhook' ? 2 : 1);
  });

  it('when it draws lost-webhook then the event never arrives', async () => {
    await plan({ seed: 1, rate: 1, faults: ['lost-webhook'] });
    await makeTransfer(asWise(sandbox));
    expect((await control(sandbox.wise.url)('GET', '/sandbox/plan')).body).toMatchObject({ seen: { events: 1 } });
    expect((await control(sandbox.wise.url)('GET', '/sandbox/webhooks')).body).toMatchObject({ waiting: 0 });
  });
});

describe('given a fault that changes a response or a token', () => {
  const fault = (url: string, rule: object) => control(url)('POST', '/sandbox/faults', rule);

  it('when tokens expire then every token from PayPal is refused, and a new one is accepted', async () => {
    const [one, other] = [await asPaypal(sandbox), await asPaypal(sandbox)];
    await fault(sandbox.paypal.url, { fault: 'token-expired' });
    expect((await one('GET', '/v1/reporting/balances')).status).toBe(401);
    expect((await other('GET', '/v1/reporting/balances')).status).toBe(401);
    expect((await (await asPaypal(sandbox))('GET', '/v1/reporting/balances')).status).toBe(200);
  });

  it('when tokens expire at a provider with a fixed key then one request is refused', async () => {
    await fault(sandbox.wise.url, { fault: 'token-expired' });
    expect(await askOften(2)).toEqual(['401', '200']);
  });

  it('when a status is unknown then it replaces the real status, and amounts stay as they were', async () => {
    const wise = asWise(sandbox);
    const { transferId } = await makeTransfer(wise, { amount: '100.10' });
    await fault(sandbox.wise.url, { method: 'GET', fault: 'unknown-word' });
    const { body } = await wise('GET', `/v1/transfers/${transferId}`);
    expect(body).toMatchObject({ status: 'MOONSTRUCK', targetValue: 100.1 });
  });

  it('when a check has been scanned then the scans also have the unknown status', async () => {
    const lob = asLob(sandbox);
    const made = await lob('POST', '/v1/checks', checkOf(await makeLobAccount(lob), '10.00'));
    await advance(sandbox.lob.url, MINUTE_MS);
    await fault(sandbox.lob.url, { method: 'GET', fault: 'unknown-word' });
    const { body } = await lob('GET', `/v1/checks/${text(made.body, 'id')}`);
    expect(list(body, 'tracking_events').map((scan) => at(scan, 'name'))).toEqual(['MOONSTRUCK', 'MOONSTRUCK']);
  });

  it('when the report is wrong then its last row has one cent too much, and the books are right', async () => {
    const wise = asWise(sandbox);
    const { transferId } = await makeTransfer(wise, { amount: '9.99' });
    await fund(wise, transferId);
    const balances = await wise('GET', '/v4/profiles/1001/balances?types=STANDARD');
    const eur = list(balances.body).find((balance) => at(balance, 'currency') === 'EUR');
    const path = `/v1/profiles/1001/balance-statements/${text(eur, 'id')}/statement.json?currency=EUR&intervalStart=${TODAY}T00:00:00Z&intervalEnd=${TOMORROW}T00:00:00Z&type=FLAT`;
    await fault(sandbox.wise.url, { fault: 'wrong-amount', path: 'statement' });
    const amounts = async () =>
      list((await wise('GET', path)).body, 'transactions').map((row) => at(row, 'amount', 'value'));
    expect(await amounts()).toEqual([-9.99, -0.32]);
    expect(await amounts()).toEqual([-9.99, -0.31]);
    expect((await booksOf(sandbox.wise.url)).entries).toMatchObject([{ amount: '9.99' }, { amount: '0.31' }]);
  });

  it('when the report of PayPal or the bank is wrong then its last row also has one cent too much', async () => {
    const paypal = await asPaypal(sandbox);
    await paypal('POST', '/v1/payments/payouts', batchOf('wrong', [['a@example.com', '1.00']]));
    await advance(sandbox.paypal.url, MINUTE_MS);
    await fault(sandbox.paypal.url, { fault: 'wrong-amount', path: '/v1/reporting' });
    const report = await paypal(
      'GET',
      `/v1/reporting/transactions?start_date=${TODAY}T00:00:00Z&end_date=${TOMORROW}T00:00:00Z`,
    );
    const [first, second] = list(report.body, 'transaction_details');
    expect(at(first, 'transaction_info', 'transaction_amount', 'value')).toBe('-1.00');
    expect(at(second, 'transaction_info', 'transaction_amount', 'value')).toBe('-0.03');

    const bank = asBank(sandbox);
    const csv = `type,account,number,amount,currency,date,payee\nI,123456789,7,5.00,USD,${TODAY},Ada`;
    await bank('POST', '/positive-pay/files', csv);
    await advance(sandbox.bank.url, MINUTE_MS);
    await fault(sandbox.bank.url, { fault: 'wrong-amount', path: '/statements' });
    const statement = `/statements/123456789?from=${TODAY}&to=${TOMORROW}`;
    expect((await bank('GET', statement)).body).toContain('<Amt Ccy="USD">5.01</Amt>');
    await fault(sandbox.bank.url, { fault: 'empty-page', path: '/statements' });
    expect((await bank('GET', statement)).body).not.toContain('<Ntry>');
    expect((await bank('GET', statement)).body).toContain('<Amt Ccy="USD">5.00</Amt>');
  });

  it('when a response is delayed then the change has happened before it arrives', async () => {
    await fault(sandbox.wise.url, { method: 'POST', path: '/v1/accounts', fault: 'commit-then-wait', ms: 20 });
    await fault(sandbox.wise.url, { method: 'POST', path: '/v1/transfers', fault: 'commit-then-wait', ms: 60_000 });
    void makeTransfer(asWise(sandbox)).catch(() => undefined);
    const [hook] = await receiver.take(1);
    expect(JSON.parse(hook?.body ?? '')).toMatchObject({ data: { current_state: 'incoming_payment_waiting' } });
  });
});
