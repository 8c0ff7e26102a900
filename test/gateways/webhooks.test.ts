import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Failure } from '../../domain/errors.ts';
import type { WebhookReader } from '../../gateways/gateway.ts';
import { createWebhookReaders, WEBHOOK_SENDERS, type WebhookSender } from '../../gateways/webhooks.ts';
import { openStage, type Stage } from './stage.ts';

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

const DAY_MS = 24 * 60 * 60_000;

describe('given the webhooks that providers send', () => {
  let server: Server;
  let stage: Stage;
  let readers: Record<WebhookSender, WebhookReader>;
  const deliveries: Delivery[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = await buffer(request);
      deliveries.push({ sender: request.url?.slice(1) ?? '', headers: headersOf(request.headers), body });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stage = await openStage({ webhooks: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    readers = createWebhookReaders(stage.settings);
  });
  afterAll(async () => {
    await stage.close();
    server.close();
  });

  beforeEach(() => {
    deliveries.length = 0; // what was forged in one test is nothing to another
  });

  const from = (sender: WebhookSender) => deliveries.filter((delivery) => delivery.sender === sender);

  /** Pays once and waits until the provider has told of it. */
  async function hear(sender: WebhookSender) {
    const attempt = stage.attempt(sender);
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
    it('when one is genuine then it names the payment, and each event has an id of its own', async () => {
      const { attempt, hints } = await hear(sender);
      expect(hints.map(({ key }) => key).every((key) => key === null || key === attempt.stored.key)).toBe(true);
      expect(new Set(hints.map(({ eventId }) => eventId)).size).toBe(hints.length);
    });

    it('when a stranger signed it then it is refused', async () => {
      await hear(sender);
      const before = from(sender).length;
      await stage.control(sender, 'webhooks', { mode: 'off', forge: true });
      await expect.poll(() => from(sender).length).toBeGreaterThan(before);
      await stage.control(sender, 'webhooks', { mode: 'normal' });
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
      await hear(sender);
      const genuine = latest(sender);
      expect(await codeOf(readers[sender](genuine.headers, genuine.body, new Date()))).toBe('accepted');
      const call = readers[sender](headers(genuine.headers), body(genuine.body), new Date());
      expect(await codeOf(call)).toBe('webhook_not_genuine');
    });

    it('when our own secret is empty then nothing is genuine', async () => {
      await hear(sender);
      const { wise, paypal, lob, printedCheck } = stage.settings;
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
    'when one of $sender comes $days days after it was signed then it is refused as a replay',
    async ({ sender, days }) => {
      await hear(sender);
      const { headers, body } = latest(sender);
      const later = new Date(Date.now() + days * DAY_MS);
      expect(await codeOf(readers[sender](headers, body, later))).toBe('webhook_not_genuine');
    },
  );

  it.each(['https://evil.example/v1/notifications/certs/CERT-sandbox', 'not an address', 'file:///etc/ssl/certs'])(
    'when the certificate of PayPal lies at %s then it is refused without being fetched',
    async (url) => {
      await hear('paypal');
      const { headers, body } = latest('paypal');
      const call = readers.paypal(withHeader(headers, 'paypal-cert-url', url), body, new Date());
      expect(await codeOf(call)).toBe('webhook_not_genuine');
    },
  );

  it('when the certificate of PayPal was signed by an authority that is not ours then it is refused', async () => {
    await hear('paypal');
    const { headers, body } = latest('paypal');
    const { certCa, ...paypal } = stage.settings.paypal;
    const trustsTheWorld = createWebhookReaders({ ...stage.settings, paypal });
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
