import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DAY_MS, MINUTE_MS } from '../../domain/durations.ts';
import { createAuthorize } from '../../gateways/paypal/token.ts';
import type { Attempt } from '../../scripts/gateway-check/attempt.ts';
import { openFixture, type Fixture } from './fixture.ts';

const usd = (minor: bigint) => ({ minor, currency: 'USD' });

describe('given a payment by PayPal', () => {
  let fixture: Fixture;
  let aheadMs = 0;
  beforeAll(async () => {
    fixture = await openFixture({ now: () => new Date(Date.now() + aheadMs) });
  });
  afterEach(() => fixture.calm());
  afterAll(() => fixture.close());

  const becomes = (attempt: Attempt, state: string) =>
    expect.poll(async () => (await attempt.read()).state).toBe(state);

  async function pay(outcome: string, amount: string) {
    await fixture.control('paypal', 'outcomes', { match: amount, outcome });
    const attempt = fixture.attempt('paypal', { amount });
    await attempt.submit();
    return attempt;
  }

  /** Moves PayPal's clock and ours forward. */
  async function advance(days: number) {
    await fixture.control('paypal', 'clock', { advanceMs: days * DAY_MS });
    aheadMs += days * DAY_MS;
  }

  it('when it succeeds then our balance paid the amount and, separately, the fee', async () => {
    const attempt = fixture.attempt('paypal', { amount: '10.00' });
    await attempt.submit();
    await becomes(attempt, 'settled');
    expect((await attempt.read()).debited).toEqual({ amount: usd(1000n), fee: usd(20n) });
  });

  it.each([
    { outcome: 'unclaimed', amount: '20.01', state: 'unclaimed' },
    { outcome: 'onhold', amount: '20.02', state: 'on_hold' },
    { outcome: 'blocked', amount: '20.03', state: 'on_hold' },
  ])(
    'when PayPal reports $outcome then it is $state, and the money has left our balance',
    async ({ outcome, amount, state }) => {
      const attempt = await pay(outcome, amount);
      await becomes(attempt, state);
      expect((await attempt.read()).debited).not.toBeNull();
    },
  );

  it('when nobody claims it for 30 days then all of it comes back', async () => {
    const attempt = await pay('unclaimed', '20.04');
    await becomes(attempt, 'unclaimed');
    await advance(31);
    expect(await attempt.read()).toMatchObject({ state: 'returned', returned: { amount: usd(2004n) } });
  });

  it('when part of it is refunded then it stays settled, and an alarm reports what came back', async () => {
    const attempt = await pay('refund-partly', '20.00');
    await becomes(attempt, 'settled');
    await advance(20);
    const reply = await attempt.read();
    expect(reply).toMatchObject({ providerStatus: 'REFUNDED', state: 'settled' });
    expect(reply.returned?.amount.minor).toBe(1000n);
    expect(reply.alarm).toContain('Part');
  });

  it('when it is reversed after 20 days then all of it is returned', async () => {
    const attempt = await pay('return', '20.05');
    await becomes(attempt, 'settled');
    await advance(20);
    expect(await attempt.read()).toMatchObject({ state: 'returned', returned: { amount: usd(2005n) } });
  });

  it('when it is refunded but PayPal’s transactions do not show the amount yet then it is on hold until they do', async () => {
    const attempt = await pay('return', '20.08');
    await becomes(attempt, 'settled');
    await advance(20);
    await fixture.control('paypal', 'faults', { method: 'GET', path: '/v1/reporting/', fault: 'empty-page' });
    expect(await attempt.read()).toMatchObject({ providerStatus: 'REFUNDED', state: 'on_hold', returned: null });
    expect(await attempt.read()).toMatchObject({ state: 'returned', returned: { amount: usd(2008n) } });
  });

  it('when the batch shows no items then nothing is concluded, because absence proves nothing', async () => {
    const attempt = fixture.attempt('paypal', { amount: '20.07' });
    await attempt.submit();
    await becomes(attempt, 'settled');
    await fixture.control('paypal', 'faults', { method: 'GET', path: '/v1/payments/payouts/', fault: 'empty-page' });
    expect((await attempt.read()).state).toBeNull();
    expect((await attempt.read()).state).toBe('settled');
  });

  it('when it was not answered for 25 days then it is not repeated, and a person decides', async () => {
    await fixture.control('paypal', 'faults', {
      method: 'POST',
      path: '/v1/payments/payouts',
      fault: 'drop-before-commit',
    });
    const attempt = fixture.attempt('paypal', { amount: '20.06' });
    expect((await attempt.submit()).state).toBe('unknown');
    await advance(26);
    expect(await attempt.resolve()).toMatchObject({ state: 'unknown', task: { kind: 'outcome_unknown' } });
    expect(await fixture.movements('paypal', attempt.stored.key)).toEqual([]);
  });

  it.each([
    { amount: '100.50', currency: 'HUF' as const, because: 'PayPal does not pay fillér' },
    { amount: '100.05', currency: 'TWD' as const, because: 'PayPal does not pay cents in this currency' },
    { amount: '1.000', currency: 'KWD' as const, because: 'PayPal does not pay dinars' },
  ])('when it is $amount $currency then it is refused before anything is sent: $because', ({ amount, currency }) => {
    expect(() => fixture.gateways.paypal.freeze(fixture.order('paypal', { amount, currency }))).toThrow(
      expect.objectContaining({ code: 'recipient_rejected' }),
    );
  });

  it('when it is in whole forints then the decimals are left out, as PayPal requires', async () => {
    const attempt = fixture.attempt('paypal', { amount: '1500.00', currency: 'HUF' });
    await attempt.submit();
    await becomes(attempt, 'settled');
    expect((await attempt.read()).debited?.amount).toEqual({ minor: 150_000n, currency: 'HUF' });
  });
});

describe('given a payment that PayPal does not take', () => {
  const SLOW = () => Response.json({ name: 'RATE_LIMIT_REACHED' }, { status: 429 });
  const LOST = () => Response.json({}, { status: 502 });
  const REFUSED = () => Response.json({ name: 'VALIDATION_ERROR', debug_id: 'd1', details: [] }, { status: 400 });
  const UNREACHED = () => {
    throw Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
    });
  };
  const item = (key: string, more: object = {}) => ({
    payout_item_id: 'I1',
    payout_batch_id: 'B1',
    payout_item: { sender_item_id: key, amount: { value: '123.45', currency: 'USD' } },
    ...more,
  });

  let fixture: Fixture;
  let answers: (() => Response)[] = [];
  let posts = 0;
  let denied: { batch: object; item?: object } | null = null;
  beforeAll(async () => {
    fixture = await openFixture({
      async fetch(url, options) {
        const path = typeof url === 'string' ? url : '';
        const isPost = options?.method === 'POST' && path.endsWith('/payouts');
        if (isPost) posts += 1;
        if (denied && path.includes('/payouts-item/')) return Response.json(denied.item);
        if (denied && path.includes('/payouts/')) return Response.json(denied.batch);
        return (isPost && answers.shift()?.()) || fetch(url, options);
      },
    });
  });
  afterEach(() => {
    answers = [];
    posts = 0;
    denied = null;
  });
  afterAll(() => fixture.close());

  it.each([
    { what: 'asked us to slow down', first: SLOW },
    { what: 'was not reached', first: UNREACHED },
  ])(
    'when it $what at first and then refuses it then it has failed: the refusal is the first reply',
    async ({ first }) => {
      answers = [first, first, REFUSED];
      const attempt = fixture.attempt('paypal');
      await expect(attempt.submit()).rejects.toMatchObject({ code: expect.stringMatching(/^gateway_/) });
      await expect(attempt.resolve()).rejects.toMatchObject({ code: expect.stringMatching(/^gateway_/) });
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', reason: 'VALIDATION_ERROR' });
    },
  );

  it('when an unclear call came before the refusal then people are asked at once, and nothing is sent again', async () => {
    answers = [LOST, REFUSED];
    const attempt = fixture.attempt('paypal');
    expect(await attempt.submit()).toMatchObject({ state: 'unknown', task: null });
    const asked = { state: 'unknown', task: { kind: 'outcome_unknown' } };
    expect(await attempt.resolve()).toMatchObject(asked);
    expect(await attempt.resolve()).toMatchObject(asked);
    expect(posts).toBe(2);
  });

  it('when a call that was not processed comes after an unclear one then a refusal still proves nothing', async () => {
    answers = [LOST, SLOW, REFUSED];
    const attempt = fixture.attempt('paypal');
    await attempt.submit();
    await expect(attempt.resolve()).rejects.toMatchObject({ code: 'gateway_rate_limited' });
    expect((await attempt.resolve()).state).toBe('unknown');
  });

  it.each([
    { what: 'without a status', items: (key: string) => [item(key)] },
    { what: 'in an empty list', items: () => [] },
    { what: 'in no list', items: () => undefined },
  ])('when PayPal denied its batch and shows it $what then it has failed, and nothing was taken', async ({ items }) => {
    const attempt = fixture.attempt('paypal');
    await attempt.submit();
    const header = { payout_batch_id: 'B1', batch_status: 'DENIED' };
    denied = { batch: { batch_header: header, items: items(attempt.stored.key) } };
    expect(await attempt.read()).toMatchObject({ state: 'failed', providerStatus: 'DENIED', debited: null });
  });

  it.each([
    { status: undefined, batch: 'DENIED', state: 'failed' },
    { status: undefined, batch: 'PROCESSING', state: 'accepted' },
    { status: 'SUCCESS', batch: 'DENIED', state: 'settled' },
  ])('when one of many has the status $status in a batch that is $batch then it is $state', async (row) => {
    const { stored, read } = fixture.attempt('paypal');
    Object.assign(stored, { reference: 'I1', step: 'item' });
    denied = {
      batch: { batch_header: { payout_batch_id: 'B1', batch_status: row.batch }, items: [] },
      item: item(stored.key, { transaction_status: row.status }),
    };
    expect((await read()).state).toBe(row.state);
  });
});

describe('given a token that a hundred payments wait for', () => {
  it('when they all need it at once then PayPal is asked once, and again only shortly before the token expires', async () => {
    let asked = 0;
    let now = Date.now();
    const server = createServer((_, response) => {
      asked += 1;
      response.end(JSON.stringify({ access_token: `token-${asked}`, expires_in: 3600 }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const authorize = createAuthorize({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      clientId: 'client',
      clientSecret: 'secret',
      now: () => new Date(now),
      fetch,
    });
    const first = await Promise.all(Array.from({ length: 100 }, () => authorize(null)));
    expect(new Set(first)).toEqual(new Set(['Bearer token-1']));
    now += 54 * MINUTE_MS;
    expect(await authorize(null)).toBe('Bearer token-1');
    now += 2 * MINUTE_MS;
    expect(await authorize(null)).toBe('Bearer token-2');
    expect(asked).toBe(2);
    server.close();
  });
});

describe('given a token that PayPal returns again shortly before it expires', () => {
  it('when several payments follow each other then PayPal is not asked for a token for each of them', async () => {
    let asked = 0;
    const now = Date.now();
    const authorize = createAuthorize({
      baseUrl: 'http://paypal.invalid',
      clientId: 'client',
      clientSecret: 'secret',
      now: () => new Date(now),
      fetch: async () => {
        asked += 1;
        return Response.json({ access_token: 'old', expires_in: 200 });
      },
    });
    for (let payment = 0; payment < 5; payment += 1) await authorize(null);
    expect(asked).toBe(1);
  });
});

describe('given a client id or secret that PayPal does not accept', () => {
  it.each([
    { status: 401, code: 'gateway_refused' },
    { status: 400, code: 'gateway_refused' },
    { status: 503, code: 'gateway_not_sent' },
  ])('when the token call ends in $status then it is $code, and no payment was sent', async ({ status, code }) => {
    const authorize = createAuthorize({
      baseUrl: 'http://paypal.invalid',
      clientId: 'client',
      clientSecret: 'secret',
      now: () => new Date(),
      fetch: async () => Response.json({ error: 'invalid_client' }, { status }),
    });
    await expect(authorize(null)).rejects.toMatchObject({ code });
  });
});
