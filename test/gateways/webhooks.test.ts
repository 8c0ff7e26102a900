import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DAY_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import type { WebhookReader } from '../../gateways/gateway.ts';
import { createPayPalWebhookReader } from '../../gateways/paypal/webhook.ts';
import { createWebhookReaders, WEBHOOK_SENDERS, type WebhookSender } from '../../gateways/webhooks.ts';
import { createWiseWebhookReader } from '../../gateways/wise/webhook.ts';
import { openFixture, type Fixture } from './fixture.ts';

type Delivery = { sender: string; headers: Headers; body: Buffer };

const headersOf = (raw: IncomingHttpHeaders): Headers =>
  new Headers(Object.entries(raw).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (failure: Failure) => failure.code,
  );

/** The header that carries each provider's signature. */
const SIGNATURE: Record<WebhookSender, string> = {
  wise: 'x-signature-sha256',
  paypal: 'paypal-transmission-sig',
  lob: 'lob-signature',
};

describe('given the webhooks that providers send', () => {
  let server: Server;
  let fixture: Fixture;
  let readers: Record<WebhookSender, WebhookReader>;
  const deliveries: Delivery[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = await buffer(request);
      deliveries.push({ sender: request.url?.slice(1) ?? '', headers: headersOf(request.headers), body });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    fixture = await openFixture({ webhooks: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    readers = createWebhookReaders(fixture.settings);
  });
  afterAll(async () => {
    await fixture.close();
    server.close();
  });

  beforeEach(() => {
    deliveries.length = 0; // events forged in one test must not reach the next
  });

  const from = (sender: WebhookSender) => deliveries.filter((delivery) => delivery.sender === sender);

  /** Pays once and waits until the provider's webhook has arrived. */
  async function receiveFrom(sender: WebhookSender) {
    const attempt = fixture.attempt(sender);
    await attempt.submit();
    const hints = async () =>
      Promise.all(from(sender).map(({ headers, body }) => readers[sender](headers, body, new Date())));
    await expect
      .poll(async () => (await hints()).some(({ reference }) => reference === attempt.stored.reference))
      .toBe(true);
    return { attempt, hints: (await hints()).filter(({ reference }) => reference === attempt.stored.reference) };
  }

  const latest = (sender: WebhookSender): Delivery => {
    const delivery = from(sender).at(-1);
    if (!delivery) throw new Error(`${sender} sent nothing`);
    return delivery;
  };

  describe.each(WEBHOOK_SENDERS)('of %s', (sender) => {
    it('when one is genuine then it names the payment, and each event has its own id', async () => {
      const { attempt, hints } = await receiveFrom(sender);
      expect(hints.map(({ key }) => key).every((key) => key === null || key === attempt.stored.key)).toBe(true);
      expect(new Set(hints.map(({ eventId }) => eventId)).size).toBe(hints.length);
    });

    it('when a stranger signed it then it is refused', async () => {
      await receiveFrom(sender);
      const before = from(sender).length;
      await fixture.control(sender, 'webhooks', { mode: 'off', forge: true });
      await expect.poll(() => from(sender).length).toBeGreaterThan(before);
      await fixture.control(sender, 'webhooks', { mode: 'normal' });
      const answers = await Promise.all(
        from(sender)
          .slice(before)
          .map(({ headers, body }) => codeOf(readers[sender](headers, body, new Date()))),
      );
      expect(answers).toContain('webhook_not_genuine');
    });

    it.each([
      {
        change: 'a byte of the body',
        headers: (headers: Headers) => headers,
        body: (body: Buffer) => Buffer.concat([body, Buffer.from(' ')]),
      },
      {
        change: 'no signature',
        headers: (headers: Headers) => without(headers, SIGNATURE[sender]),
        body: (body: Buffer) => body,
      },
      {
        change: 'an empty signature',
        headers: (headers: Headers) => withHeader(headers, SIGNATURE[sender], ''),
        body: (body: Buffer) => body,
      },
      {
        change: 'half a signature',
        headers: (headers: Headers) => withHeader(headers, SIGNATURE[sender], 'abcd'),
        body: (body: Buffer) => body,
      },
    ])('when it has $change then it is refused', async ({ headers, body }) => {
      await receiveFrom(sender);
      const genuine = latest(sender);
      expect(await codeOf(readers[sender](genuine.headers, genuine.body, new Date()))).toBe('accepted');
      const call = readers[sender](headers(genuine.headers), body(genuine.body), new Date());
      expect(await codeOf(call)).toBe('webhook_not_genuine');
    });

    it('when our own secret is empty then nothing is genuine', async () => {
      await receiveFrom(sender);
      const { wise, paypal, lob, printedCheck } = fixture.settings;
      const blank = createWebhookReaders({
        wise: { ...wise, webhookPublicKey: '' },
        paypal: { ...paypal, webhookId: '' },
        lob: { ...lob, webhookSecret: '' },
        printedCheck,
      });
      const { headers, body } = latest(sender);
      expect(await codeOf(blank[sender](headers, body, new Date()))).toBe('webhook_not_genuine');
    });
  });

  it.each([
    { sender: 'lob' as const, days: 1 },
    { sender: 'paypal' as const, days: 4 },
  ])(
    'when one from $sender arrives $days days after it was signed then it is refused as a replay',
    async ({ sender, days }) => {
      await receiveFrom(sender);
      const { headers, body } = latest(sender);
      const later = new Date(Date.now() + days * DAY_MS);
      expect(await codeOf(readers[sender](headers, body, later))).toBe('webhook_not_genuine');
    },
  );

  it.each([
    () => 'https://evil.example/v1/notifications/certs/CERT-sandbox',
    () => 'not an address',
    () => 'file:///etc/ssl/certs',
    (prefix: string) => prefix.replace('127.0.0.1', '127.0.0.1.evil.example'),
    (prefix: string) => prefix.replace('://127.0.0.1', '://127.0.0.1@evil.example'),
    (prefix: string) => `${prefix}../../../uploads/mine.pem`,
    (prefix: string) => `${prefix}%2e%2e/%2e%2e/uploads/mine.pem`,
    (prefix: string) => `${prefix}..%2f..%2fuploads/mine.pem`,
    (prefix: string) => `${prefix}..%5c..%5cuploads`,
    (prefix: string) => `${prefix}mine/CERT-1`,
    (prefix: string) => `${prefix}CERT-1?next=mine`,
    (prefix: string) => prefix,
  ])('when PayPal’s certificate is at another address (%#) then it is refused and not fetched', async (urlOf) => {
    await receiveFrom('paypal');
    const { headers, body } = latest('paypal');
    const asked: string[] = [];
    const suspicious = createPayPalWebhookReader(fixture.settings.paypal, async (url) => {
      asked.push(new Request(url).url);
      return new Response();
    });
    const url = urlOf(fixture.settings.paypal.certUrlPrefix);
    expect(await codeOf(suspicious(withHeader(headers, 'paypal-cert-url', url), body, new Date()))).toBe(
      'webhook_not_genuine',
    );
    expect(asked).toEqual([]);
  });

  it('when many from PayPal arrive at once then its certificate is fetched once, and again only after PayPal failed to answer', async () => {
    await receiveFrom('paypal');
    const { headers, body } = latest('paypal');
    let asked = 0;
    const reader = createPayPalWebhookReader(fixture.settings.paypal, async (url) => {
      asked += 1;
      return asked === 1 ? new Response('busy', { status: 503 }) : fetch(url);
    });
    const read = () => codeOf(reader(headers, body, new Date()));
    expect(await Promise.all([read(), read()])).toEqual(['gateway_unavailable', 'gateway_unavailable']);
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array(20).fill('accepted'));
    expect(asked).toBe(2);
  });

  const signedByWise = (event: object, headers: Record<string, string> = {}) => {
    const body = Buffer.from(JSON.stringify(event));
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signature = createSign('RSA-SHA256').update(body).sign(privateKey, 'base64');
    const reader = createWiseWebhookReader({
      webhookPublicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    });
    return reader(new Headers({ 'x-signature-sha256': signature, ...headers }), body, new Date());
  };
  const resource = { type: 'transfer', id: 50_000_001, profile_id: 1, account_id: 2 };
  const wiseEvent = (event_type: string, data: object) => ({
    event_type,
    data: { resource, occurred_at: '2026-11-25T10:00:00.123Z', ...data },
    schema_version: '4.0.0',
  });

  it.each([
    {
      event: wiseEvent('transfers#state-change', { current_state: 'processing' }),
      providerStatus: 'processing',
      reason: null,
    },
    {
      event: wiseEvent('transfers#payout-failure', { failure_reason_code: 'ACCOUNT_CLOSED' }),
      providerStatus: 'ACCOUNT_CLOSED',
      reason: 'ACCOUNT_CLOSED',
    },
    {
      event: wiseEvent('transfers#payout-failure', { failure_reason_code: 'Paula Partner moved' }),
      providerStatus: 'transfers#payout-failure',
      reason: null,
    },
    { event: wiseEvent('transfers#refund', { refund_amount: 1.1 }), providerStatus: 'transfers#refund', reason: null },
    {
      event: wiseEvent('transfers#active-cases', { active_cases: ['deposit_amount_less_invoice'] }),
      providerStatus: 'transfers#active-cases',
      reason: null,
    },
    {
      event: wiseEvent('transfers#transfer-suspension', {}),
      providerStatus: 'transfers#transfer-suspension',
      reason: null,
    },
  ])(
    'when Wise reports "$providerStatus" then it is about its transfer, with the reason $reason',
    async ({ event, providerStatus, reason }) => {
      expect(await signedByWise(event)).toMatchObject({ reference: '50000001', providerStatus, reason });
    },
  );

  it('when Wise reports a balance then it is about no transfer', async () => {
    expect(await signedByWise(wiseEvent('balances#update', {}))).toMatchObject({ reference: null, key: null });
  });

  it('when somebody adds a header to a signed webhook then what it says does not change', async () => {
    const event = wiseEvent('transfers#state-change', { current_state: 'processing' });
    expect(await signedByWise(event, { 'x-test-notification': 'true' })).toEqual(await signedByWise(event));
  });

  it('when PayPal’s certificate was signed by an authority that we do not trust then it is refused', async () => {
    await receiveFrom('paypal');
    const { headers, body } = latest('paypal');
    const { certCa, ...paypal } = fixture.settings.paypal;
    const trustsTheWorld = createWebhookReaders({ ...fixture.settings, paypal });
    expect(certCa).toBeDefined();
    expect(await codeOf(trustsTheWorld.paypal(headers, body, new Date()))).toBe('webhook_not_genuine');
  });
});

function withHeader(headers: Headers, name: string, value: string): Headers {
  const changed = new Headers(headers);
  changed.set(name, value);
  return changed;
}

function without(headers: Headers, name: string): Headers {
  const changed = new Headers(headers);
  changed.delete(name);
  return changed;
}
