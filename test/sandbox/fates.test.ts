import { createTransport } from 'nodemailer';
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
  fileCheck,
  fund,
  list,
  makeDir,
  makeLobAccount,
  makeTransfer,
  openReceiver,
  sandboxForEach,
  start,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const HEADING = 'type,account,number,amount,currency,date,payee';

let sandbox: Sandbox;
sandboxForEach((opened) => ({ sandbox } = opened));

const wish = (url: string, match: string, outcome: string, afterMs?: number) =>
  client(url, '')('POST', '/sandbox/outcomes', { match, outcome, ...(afterMs !== undefined && { afterMs }) });

describe('given a Wise transfer that was funded', () => {
  const payTo = async (wise: Call, name: string) => {
    const { transferId } = await makeTransfer(wise, { name });
    await fund(wise, transferId);
    await advance(sandbox.wise.url, MINUTE_MS);
    return text((await wise('GET', `/v1/transfers/${transferId}`)).body, 'status');
  };

  it.each([
    { outcome: 'bounce', state: 'funds_refunded', returned: '100.10' },
    { outcome: 'bounce-short', state: 'funds_refunded', returned: '95.10' },
    { outcome: 'cancel', state: 'funds_refunded', returned: '100.10' },
    { outcome: 'charge-back', state: 'charged_back', returned: '0.00' },
    { outcome: 'unknown-word', state: 'moonstruck', returned: '0.00' },
  ])(
    'when its outcome is $outcome then it ends as $state, and $returned comes back',
    async ({ outcome, state, returned }) => {
      await wish(sandbox.wise.url, 'Ada', outcome);
      expect(await payTo(asWise(sandbox), 'Ada Partner')).toBe(state);
      expect((await booksOf(sandbox.wise.url)).totals).toEqual({ EUR: { paid: '100.10', fee: '0.31', returned } });
    },
  );

  it('when it bounces after 20 days then its status is sent until then', async () => {
    await wish(sandbox.wise.url, 'Ada', 'bounce', 20 * DAY_MS);
    expect(await payTo(asWise(sandbox), 'Ada Partner')).toBe('outgoing_payment_sent');
    await advance(sandbox.wise.url, 20 * DAY_MS);
    expect(at((await booksOf(sandbox.wise.url)).totals, 'EUR', 'returned')).toBe('100.10');
  });

  it('when the balance is too low then funding is rejected and no money moves', async () => {
    await client(sandbox.wise.url, '')('POST', '/sandbox/balance', { currency: 'EUR', amount: '100.40' });
    const wise = asWise(sandbox);
    const answer = await fund(wise, (await makeTransfer(wise)).transferId);
    expect(answer.body).toMatchObject({ status: 'REJECTED', errorCode: 'transfer.insufficient_funds' });
    expect((await booksOf(sandbox.wise.url)).entries).toEqual([]);
  });

  it('when nobody funds it for two weeks then Wise cancels it without taking money', async () => {
    const wise = asWise(sandbox);
    const { transferId } = await makeTransfer(wise);
    await advance(sandbox.wise.url, 15 * DAY_MS);
    expect(text((await wise('GET', `/v1/transfers/${transferId}`)).body, 'status')).toBe('cancelled');
    expect((await booksOf(sandbox.wise.url)).entries).toEqual([]);
  });
});

describe('given transfers in a Wise batch group', () => {
  it('when the group is completed and funded then each transfer is paid once, and a second funding is refused', async () => {
    const wise = asWise(sandbox);
    const made = await wise('POST', '/v3/profiles/1001/batch-groups', { sourceCurrency: 'EUR', name: 'Run 1' });
    const path = `/v3/profiles/1001/batch-groups/${text(made.body, 'id')}`;
    for (const amount of ['1.00', '2.00']) {
      const { body } = await makeTransfer(withoutTransfers(wise), { amount });
      expect((await wise('POST', `${path}/transfers`, body)).status).toBe(200);
      expect((await wise('POST', `${path}/transfers`, body)).status).toBe(200);
    }
    const { body: group } = await wise('GET', path);
    expect((await wise('PATCH', path, { status: 'COMPLETED', version: 1 })).status).toBe(409);
    await wise('PATCH', path, { status: 'COMPLETED', version: at(group, 'version') });
    const payments = `/v3/profiles/1001/batch-payments/${text(made.body, 'id')}/payments`;
    expect((await wise('POST', payments, { type: 'BALANCE' })).body).toMatchObject({ status: 'COMPLETED' });
    expect((await wise('POST', payments, { type: 'BALANCE' })).status).toBe(422);
    expect((await booksOf(sandbox.wise.url)).totals).toEqual({ EUR: { paid: '3.00', fee: '0.62', returned: '0.00' } });
  });

  /** Quote and recipient are created as usual. The transfer itself is created in the group. */
  const withoutTransfers =
    (call: Call): Call =>
    async (method, path, body) =>
      path === '/v1/transfers' ? { status: 0, body: {} } : call(method, path, body);
});

describe('given a PayPal item', () => {
  it.each([
    { outcome: 'unclaimed', first: 'UNCLAIMED', later: 'RETURNED', returned: '10.00' },
    { outcome: 'onhold', first: 'ONHOLD', later: 'RETURNED', returned: '10.00' },
    { outcome: 'blocked', first: 'BLOCKED', later: 'BLOCKED', returned: '0.00' },
    { outcome: 'return', first: 'SUCCESS', later: 'REFUNDED', returned: '10.00' },
    { outcome: 'reverse', first: 'SUCCESS', later: 'REVERSED', returned: '10.00' },
    { outcome: 'refund-partly', first: 'SUCCESS', later: 'REFUNDED', returned: '5.00' },
    { outcome: 'unknown-word', first: 'MOONSTRUCK', later: 'MOONSTRUCK', returned: '0.00' },
  ])(
    'when its outcome is $outcome then it is $first, and $later a month later',
    async ({ outcome, first, later, returned }) => {
      await wish(sandbox.paypal.url, 'ada@', outcome);
      const paypal = await asPaypal(sandbox);
      const made = await paypal('POST', '/v1/payments/payouts', batchOf('b', [['ada@example.com', '10.00']]));
      const path = `/v1/payments/payouts/${text(made.body, 'batch_header', 'payout_batch_id')}`;
      const statusNow = async () =>
        text((await (await asPaypal(sandbox))('GET', path)).body, 'items', 0, 'transaction_status');
      await advance(sandbox.paypal.url, MINUTE_MS);
      expect(await statusNow()).toBe(first);
      await advance(sandbox.paypal.url, 31 * DAY_MS);
      expect(await statusNow()).toBe(later);
      expect((await booksOf(sandbox.paypal.url)).totals).toEqual({ USD: { paid: '10.00', fee: '0.20', returned } });
    },
  );

  it('when it fails then no money is taken, and the reason is given', async () => {
    const paypal = await asPaypal(sandbox);
    const made = await paypal('POST', '/v1/payments/payouts', batchOf('b', [['failed@example.com', '10.00']]));
    await advance(sandbox.paypal.url, MINUTE_MS);
    const batch = await paypal('GET', `/v1/payments/payouts/${text(made.body, 'batch_header', 'payout_batch_id')}`);
    expect(at(batch.body, 'items', 0, 'errors', 'name')).toBe('RECEIVER_ACCOUNT_LOCKED');
    expect((await booksOf(sandbox.paypal.url)).entries).toEqual([]);
  });

  it('when it is unclaimed and cancelled then it is returned immediately, and only once', async () => {
    const paypal = await asPaypal(sandbox);
    const made = await paypal('POST', '/v1/payments/payouts', batchOf('b', [['unclaimed@example.com', '10.00']]));
    await advance(sandbox.paypal.url, MINUTE_MS);
    const batch = await paypal('GET', `/v1/payments/payouts/${text(made.body, 'batch_header', 'payout_batch_id')}`);
    const cancel = `/v1/payments/payouts-item/${text(batch.body, 'items', 0, 'payout_item_id')}/cancel`;
    expect((await paypal('POST', cancel)).body).toMatchObject({ transaction_status: 'RETURNED' });
    expect((await paypal('POST', cancel)).body).toMatchObject({ name: 'ITEM_ALREADY_CANCELLED' });
    await advance(sandbox.paypal.url, 31 * DAY_MS);
    expect(at((await booksOf(sandbox.paypal.url)).totals, 'USD', 'returned')).toBe('10.00');
  });

  it.each([
    { currency: 'JPY', value: '10.50', because: 'yen have no decimals' },
    { currency: 'HUF', value: '10.50', because: 'PayPal takes no decimals of forint' },
    { currency: 'USD', value: '1.005', because: 'dollars have two decimals' },
    { currency: 'USD', value: '0.00', because: 'a payment must be above zero' },
  ])('when $value $currency are sent then PayPal refuses: $because', async ({ currency, value }) => {
    const paypal = await asPaypal(sandbox);
    const answer = await paypal('POST', '/v1/payments/payouts', batchOf('b', [['a@example.com', value]], currency));
    expect([answer.status, at(answer.body, 'name')]).toEqual([400, 'VALIDATION_ERROR']);
  });
});

/** The first of Lob's own check numbers. */
const FIRST_NUMBER = '10000';

describe('given a check mailed by Lob', () => {
  it.each([
    { outcome: 'clear', tracked: 'Delivered', status: 'paid' },
    { outcome: 'never-cleared', tracked: 'Delivered', status: 'issued' },
    { outcome: 'returned-to-sender', tracked: 'Returned to Sender', status: 'issued' },
    { outcome: 'wrong-amount', tracked: 'Delivered', status: 'issued' },
    { outcome: 'bounced', tracked: 'Delivered', status: 'issued' },
    { outcome: 'bounced-then-cleared', tracked: 'Delivered', status: 'paid' },
  ])(
    'when its outcome is $outcome then the mail tracking shows $tracked and the bank shows $status',
    async ({ outcome, tracked, status }) => {
      if (outcome !== 'clear') await wish(sandbox.lob.url, 'Ada', outcome);
      const lob = asLob(sandbox);
      const account = await makeLobAccount(lob, '555');
      await fileCheck(asBank(sandbox), '555', FIRST_NUMBER, '10.00');
      const made = await lob('POST', '/v1/checks', checkOf(account, '10.00'));
      await advance(sandbox.lob.url, MINUTE_MS);
      await advance(sandbox.bank.url, MINUTE_MS);
      const { body } = await lob('GET', `/v1/checks/${text(made.body, 'id')}`);
      expect(text(list(body, 'tracking_events').at(-1), 'name')).toBe(tracked);
      const inquiry = await asBank(sandbox)('GET', `/checks/555/${FIRST_NUMBER}`);
      expect(at(inquiry.body, 'status')).toBe(status);
    },
  );

  it('when it was not filed with the bank then the bank asks us about it and returns it after a day', async () => {
    const lob = asLob(sandbox);
    await lob('POST', '/v1/checks', checkOf(await makeLobAccount(lob, '556'), '10.00'));
    await advance(sandbox.lob.url, MINUTE_MS);
    await advance(sandbox.bank.url, MINUTE_MS);
    const asked = async () => list((await asBank(sandbox)('GET', '/exceptions?account=556')).body, 'exceptions');
    expect(await asked()).toMatchObject([{ reason: 'not on file', status: 'open', decidedBy: null }]);
    await advance(sandbox.bank.url, DAY_MS);
    expect(await asked()).toMatchObject([{ status: 'returned', decidedBy: 'default' }]);
    expect((await booksOf(sandbox.bank.url)).entries).toEqual([]);
  });

  it('when it is deleted in time then it is never mailed, and after mailing it cannot be deleted', async () => {
    const lob = asLob(sandbox);
    const account = await makeLobAccount(lob);
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
    const later = checkOf(account, '10.00').replace('{', `{"send_date":"${tomorrow}",`);
    const early = text((await lob('POST', '/v1/checks', later)).body, 'id');
    expect((await lob('DELETE', `/v1/checks/${early}`)).body).toEqual({ id: early, deleted: true });
    const late = text((await lob('POST', '/v1/checks', checkOf(account, '11.00'))).body, 'id');
    await advance(sandbox.lob.url, 2 * DAY_MS);
    expect(at((await lob('DELETE', `/v1/checks/${late}`)).body, 'error', 'code')).toBe('not_deletable');
    expect((await booksOf(sandbox.lob.url)).entries).toMatchObject([{ reference: late, kind: 'paid' }]);
  });
});

describe('given a webhook receiver that was down', () => {
  it('when it is back then the events still arrive', async () => {
    const receiver = await openReceiver({ refuseFirst: 2 });
    const other = await makeDir();
    const noisy = await start(other.dir, { webhooks: receiver.url });
    await makeTransfer(asWise(noisy));
    expect(await receiver.take(1)).toHaveLength(1);
    await noisy.close();
    receiver.close();
    await other.remove();
  });
});

describe('given an e-mail', () => {
  it('when it is sent then the mail catcher shows its subject and text', async () => {
    const mailer = createTransport(sandbox.mail.smtpUrl);
    const subject = 'Zahlung über 5 € unterwegs';
    await mailer.sendMail({
      from: 'pay@acme.example',
      to: 'ada@example.com',
      subject,
      text: 'Grüße = bald',
      html: '<p>Grüße</p>',
    });
    const caught = await client(sandbox.mail.url, '')('GET', '/messages?to=ada@example.com');
    expect(list(caught.body)).toMatchObject([
      { subject, text: 'Grüße = bald', html: '<p>Grüße</p>', to: ['ada@example.com'] },
    ]);
  });
});

describe('given an e-mail whose HTML would like to run a script', () => {
  it('when a person opens it then the page shows it in a frame that runs and loads nothing', async () => {
    const mailer = createTransport(sandbox.mail.smtpUrl);
    await mailer.sendMail({
      to: 'eve@example.com',
      subject: '<b>Hi</b>',
      text: 'Hi',
      html: '<script>alert(1)</script>',
    });
    const read = (path: string) => fetch(sandbox.mail.url + path);
    const [{ id = '' } = {}] = (await (await read('/messages?to=eve@example.com')).json()) as { id?: string }[];
    expect(await (await read('/?to=eve@example.com')).text()).toContain(`href="/messages/${id}">&lt;b&gt;Hi&lt;/b&gt;`);
    expect(await (await read(`/messages/${id}`)).text()).toMatch(/<iframe[^>]* sandbox="allow-popups/);
    const policy = (await read(`/messages/${id}/html`)).headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'.*sandbox allow-popups/);
    expect(policy).not.toContain('allow-scripts');
    expect(await (await read(`/messages/${id}?view=text`)).text()).toContain('<pre>Hi</pre>');
  });
});

describe('given a check that is on file at the bank', () => {
  const HALF_A_YEAR_MS = 185 * DAY_MS;
  const present = (number: string) =>
    fetch(`${sandbox.bank.url}/sandbox/present`, {
      method: 'POST',
      body: JSON.stringify({ account: '77', number, amount: '10.00' }),
    });
  const reasons = async () =>
    list((await asBank(sandbox)('GET', '/exceptions?account=77')).body, 'exceptions').map((asked) => [
      at(asked, 'reason'),
      at(asked, 'decidedBy'),
    ]);

  it('when its stop lapses then it is paid, unless its number is void: then the bank asks us', async () => {
    await wish(sandbox.bank.url, 'Ada', 'never-cleared');
    const bank = asBank(sandbox);
    for (const number of ['1', '2']) {
      await fileCheck(bank, '77', number, '10.00');
      await bank('POST', '/stop-payments', { account: '77', number });
      await present(number);
    }
    await bank('POST', '/positive-pay/files', [HEADING, 'V,77,2,10.00,USD,2026-11-23,Ada'].join('\n'));
    expect(await reasons()).toEqual(Array.from({ length: 2 }, () => ['payment is stopped', 'stop']));
    await advance(sandbox.bank.url, HALF_A_YEAR_MS);
    for (const number of ['1', '2']) await present(number);
    expect((await reasons()).slice(2)).toEqual([['check is void', null]]);
    expect((await booksOf(sandbox.bank.url)).entries).toMatchObject([{ key: '77/1', amount: '10.00' }]);
  });

  it('when it bounces then the money comes back; presented again it is paid, unless its number is void: then the bank asks us', async () => {
    await wish(sandbox.bank.url, 'Ada', 'bounced');
    const bank = asBank(sandbox);
    for (const number of ['4', '5']) await fileCheck(bank, '77', number, '10.00');
    await advance(sandbox.bank.url, MINUTE_MS);
    await bank('POST', '/positive-pay/files', [HEADING, 'V,77,5,10.00,USD,2026-11-23,Ada'].join('\n'));
    for (const number of ['4', '5']) await present(number);
    expect(await reasons()).toEqual([['check is void', null]]);
    const days = [-DAY_MS, DAY_MS].map((ms) => new Date(Date.now() + ms).toISOString().slice(0, 10));
    const kinds = async (number: string) => {
      const { body } = await bank('GET', `/statements/77?from=${days[0]}&to=${days[1]}&checkNumber=${number}`);
      return [...String(body).matchAll(/<CdtDbtInd>(\w+)<\/CdtDbtInd><RvslInd>(\w+)</g)].map((found) =>
        found.slice(1).join(' '),
      );
    };
    expect(await kinds('4')).toEqual(['DBIT false', 'CRDT true', 'DBIT false']);
    expect(await kinds('5')).toEqual(['DBIT false', 'CRDT true']);
  });

  it('when the stop is renewed before it lapses then it holds for six months from then, however often it is renewed', async () => {
    await wish(sandbox.bank.url, 'Ada', 'never-cleared');
    const bank = asBank(sandbox);
    await fileCheck(bank, '77', '3', '10.00');
    const stop = async (more: object = {}) =>
      text((await bank('POST', '/stop-payments', { account: '77', number: '3', ...more })).body, 'stopExpiresOn');
    const first = await stop();
    expect(await stop()).toBe(first);
    await advance(sandbox.bank.url, 150 * DAY_MS);
    const second = await stop({ renews: first });
    expect(second > first).toBe(true);
    expect(await stop({ renews: first })).toBe(second);
    await advance(sandbox.bank.url, 100 * DAY_MS);
    await present('3');
    expect(await reasons()).toEqual([['payment is stopped', 'stop']]);
  });

  it('when we decide in time about a check that the bank asks about then the bank follows the first decision and no later one', async () => {
    const bank = asBank(sandbox);
    for (const number of ['8', '9']) await present(number);
    const decide = async (id: string, decision: string) =>
      text((await bank('POST', `/exceptions/${id}/decision`, { decision })).body, 'status');
    expect(await decide('EX1', 'pay')).toBe('paid');
    expect(await decide('EX1', 'return')).toBe('paid');
    expect(await decide('EX2', 'return')).toBe('returned');
    expect(await decide('EX2', 'pay')).toBe('returned');
    expect((await booksOf(sandbox.bank.url)).entries).toMatchObject([{ key: '77/8', kind: 'paid' }]);
  });
});
