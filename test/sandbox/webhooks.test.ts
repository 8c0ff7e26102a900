import { createHmac, createVerify, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import type { Sandbox } from '../../sandbox/index.ts';
import {
  advance,
  asLob,
  asPaypal,
  asWise,
  at,
  batchOf,
  checkOf,
  client,
  fund,
  type Hook,
  makeLobAccount,
  makeTransfer,
  type Opened,
  sandboxForEach,
  text,
} from './fixture.ts';

const MINUTE_MS = 60_000;

let sandbox: Sandbox;
let receiver: Opened['receiver'];
sandboxForEach((opened) => ({ sandbox, receiver } = opened), { webhooks: true });

const header = (hook: Hook | undefined, name: string) => String(hook?.headers[name]);

const isSignedByWise = (hook: Hook | undefined) =>
  createVerify('RSA-SHA256')
    .update(hook?.body ?? '')
    .verify(sandbox.secrets.wise.webhookPublicKey, header(hook, 'x-signature-sha256'), 'base64');

async function paypalChain(hook: Hook | undefined) {
  const pem = await (await fetch(header(hook, 'paypal-cert-url'))).text();
  return pem
    .split(/(?<=-----END CERTIFICATE-----)\n/)
    .filter(Boolean)
    .map((one) => new X509Certificate(one));
}

describe('given a payment that changes its state', () => {
  it('when Wise reports it then each state arrives once, signed over the raw body', async () => {
    const wise = asWise(sandbox);
    const { transferId } = await makeTransfer(wise);
    await fund(wise, transferId);
    await advance(sandbox.wise.url, MINUTE_MS);
    const hooks = await receiver.take(4);
    const states = hooks.map(({ body }) => text(JSON.parse(body), 'data', 'current_state'));
    expect(states.toSorted()).toEqual([
      'funds_converted',
      'incoming_payment_waiting',
      'outgoing_payment_sent',
      'processing',
    ]);
    expect(hooks.map(isSignedByWise)).toEqual([true, true, true, true]);
    expect(hooks.map(({ path }) => path)).toEqual(Array(4).fill('/webhooks/wise'));
  });

  it('when PayPal reports it then the certificate leads to the CA, and online verification agrees', async () => {
    const paypal = await asPaypal(sandbox);
    await paypal('POST', '/v1/payments/payouts', batchOf('hook', [['a@example.com', '1.00']]));
    await advance(sandbox.paypal.url, MINUTE_MS);
    const hooks = await receiver.take(3);
    const hook = hooks.find(({ body }) => at(JSON.parse(body), 'event_type') === 'PAYMENT.PAYOUTS-ITEM.SUCCEEDED');
    const [leaf, ca] = await paypalChain(hook);
    const anchor = new X509Certificate(await (await fetch(`${sandbox.paypal.url}/sandbox/ca.pem`)).text());
    expect(ca?.fingerprint256).toBe(anchor.fingerprint256);
    expect(leaf?.checkIssued(anchor) && leaf.verify(anchor.publicKey)).toBe(true);

    const [id, time] = [header(hook, 'paypal-transmission-id'), header(hook, 'paypal-transmission-time')];
    const signed = `${id}|${time}|${sandbox.secrets.paypal.webhookId}|${crc32(hook?.body ?? '')}`;
    const signature = header(hook, 'paypal-transmission-sig');
    expect(
      createVerify('RSA-SHA256')
        .update(signed)
        .verify(leaf?.publicKey ?? '', signature, 'base64'),
    ).toBe(true);

    const question = {
      auth_algo: header(hook, 'paypal-auth-algo'),
      cert_url: header(hook, 'paypal-cert-url'),
      transmission_id: id,
      transmission_time: time,
      transmission_sig: signature,
      webhook_id: 'WH-SANDBOX',
      webhook_event: JSON.parse(hook?.body ?? '{}') as unknown,
    };
    const ask = (asked: object) => paypal('POST', '/v1/notifications/verify-webhook-signature', asked);
    expect((await ask(question)).body).toEqual({ verification_status: 'SUCCESS' });
    expect((await ask({ ...question, webhook_event: {} })).body).toEqual({ verification_status: 'FAILURE' });
  });

  it('when Lob reports it then time and body are signed together', async () => {
    const lob = asLob(sandbox);
    await lob('POST', '/v1/checks', checkOf(await makeLobAccount(lob), '10.00'));
    await advance(sandbox.lob.url, MINUTE_MS);
    const hooks = await receiver.take(4);
    for (const hook of hooks) {
      const content = `${header(hook, 'lob-signature-timestamp')}.${hook.body}`;
      const expected = createHmac('sha256', sandbox.secrets.lob.webhookSecret).update(content).digest('hex');
      expect(header(hook, 'lob-signature')).toBe(expected);
    }
    const types = hooks.map(({ body }) => text(JSON.parse(body), 'event_type', 'id'));
    expect(types.toSorted()).toEqual(['check.created', 'check.delivered', 'check.mailed', 'check.rendered_pdf']);
  });

  it('when somebody forges an event then its signature is not valid', async () => {
    await makeTransfer(asWise(sandbox));
    await receiver.take(1);
    await client(sandbox.wise.url, '')('POST', '/sandbox/webhooks', { forge: true });
    const [genuine, forged] = await receiver.take(2);
    expect([genuine, forged].map(isSignedByWise)).toEqual([true, false]);
  });

  it('when deliveries are duplicated then the same body arrives twice', async () => {
    await client(sandbox.wise.url, '')('POST', '/sandbox/webhooks', { mode: 'duplicate' });
    await makeTransfer(asWise(sandbox));
    const [one, other] = await receiver.take(2);
    expect(other?.body).toBe(one?.body);
  });
});
