import { createVerify, randomBytes, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { Hono } from 'hono';

import { paypalExponent } from './decimals.ts';
import type { HttpEnv } from './faults.ts';
import { type Json, objectOf, textOf } from './json.ts';
import { type Keys, makeRsaPair, signRsaSha256 } from './keys.ts';
import { PAYPAL_OUTCOMES } from './paypal/batch.ts';
import { openPayouts, payoutRoutes } from './paypal/payouts.ts';
import { problem, refuse } from './paypal/problem.ts';
import { reportRoutes } from './paypal/reports.ts';
import { openSite, type SiteOptions } from './site.ts';

export const PAYPAL_CLIENT = 'sandbox-client';
export const PAYPAL_SECRET = 'sandbox-secret';
export const PAYPAL_WEBHOOK_ID = 'WH-SANDBOX';
const TOKEN_LIFE_S = 32_400;
const CERTIFICATE_PATH = '/v1/notifications/certs/CERT-sandbox';

/** The text that PayPal signs: the delivery, and a checksum of the body as it was sent. */
const signedText = (id: string, time: string, webhookId: string, body: string) =>
  `${id}|${time}|${webhookId}|${crc32(body)}`;

/** Creates PayPal's five headers with a given key, which may be a stranger's. */
const signer = (privateKey: () => string, url: string) => (body: string, id: string) => {
  const time = new Date().toISOString();
  return {
    'paypal-transmission-id': id,
    'paypal-transmission-time': time,
    'paypal-transmission-sig': signRsaSha256(privateKey(), signedText(id, time, PAYPAL_WEBHOOK_ID, body)),
    'paypal-cert-url': `${url}${CERTIFICATE_PATH}`,
    'paypal-auth-algo': 'SHA256withRSA',
  };
};

/** Verifies a webhook for a caller. Our events are printed by JSON.stringify, so printing the parsed event gives the same text. */
function isGenuine(request: Json, certificate: string): boolean {
  const field = (name: string) => textOf(request[name]) ?? '';
  const body = JSON.stringify(request['webhook_event']);
  const text = signedText(field('transmission_id'), field('transmission_time'), PAYPAL_WEBHOOK_ID, body);
  return (
    field('webhook_id') === PAYPAL_WEBHOOK_ID &&
    createVerify('RSA-SHA256').update(text).verify(certificate, field('transmission_sig'), 'base64')
  );
}

/** Tokens and the times at which they expire. A restart forgets them, as may happen at PayPal. */
function createTokens(now: () => number) {
  const endsAt = new Map<string, number>();
  return {
    issue() {
      const token = `A21AA${randomBytes(24).toString('base64url')}`;
      endsAt.set(token, now() + TOKEN_LIFE_S * 1_000);
      return token;
    },
    /** Makes every issued token invalid. */
    expireAll: () => endsAt.clear(),
    isValid: (token: string) => (endsAt.get(token) ?? 0) > now(),
  };
}

/** Opens PayPal's stand-in. */
export async function openPaypal(options: SiteOptions, port: number, keys: Keys['paypal']) {
  let stranger: string | undefined;
  const site = await openSite({
    ...options,
    name: 'paypal',
    port,
    exponentOf: paypalExponent,
    refuse,
    outcomes: PAYPAL_OUTCOMES,
    signing: (url) => ({
      sign: signer(() => keys.privateKey, url),
      signAsStranger: signer(() => (stranger ??= makeRsaPair().privateKey), url),
    }),
  });
  const payouts = openPayouts(site);
  const tokens = createTokens(site.clock.now);
  const app = new Hono<HttpEnv>();

  app.get('/sandbox/ca.pem', (c) => c.text(keys.ca));
  app.get(CERTIFICATE_PATH, (c) => c.text(`${keys.certificate.trim()}\n${keys.ca.trim()}\n`));

  app.post('/v1/oauth2/token', async (c) => {
    const basic = `Basic ${Buffer.from(`${PAYPAL_CLIENT}:${PAYPAL_SECRET}`).toString('base64')}`;
    const form = new URLSearchParams(await c.req.text());
    if (c.req.header('authorization') !== basic)
      return c.json({ error: 'invalid_client', error_description: 'Client Authentication failed' }, 401);
    if (form.get('grant_type') !== 'client_credentials')
      return c.json({ error: 'unsupported_grant_type', error_description: 'Grant Type is NULL' }, 400);
    return c.json({
      scope: 'https://uri.paypal.com/payments/payouts https://uri.paypal.com/services/reporting/search/read',
      access_token: tokens.issue(),
      token_type: 'Bearer',
      app_id: 'APP-SANDBOX',
      expires_in: TOKEN_LIFE_S,
      nonce: `${site.clock.iso()}${randomUUID()}`,
    });
  });

  app.use('/v1/*', async (c, next) => {
    const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!tokens.isValid(token))
      return c.json({ error: 'invalid_token', error_description: 'Token signature verification failed' }, 401);
    return next();
  });
  app.route('/v1/payments', payoutRoutes(payouts, site.url));
  app.route('/v1/reporting', reportRoutes(site, payouts));
  app.post('/v1/notifications/verify-webhook-signature', async (c) => {
    const request = objectOf(await c.req.json());
    return c.json({ verification_status: isGenuine(request, keys.certificate) ? 'SUCCESS' : 'FAILURE' });
  });
  app.notFound((c) => c.json(problem('INVALID_RESOURCE_ID', 'There is no such resource.'), 404));

  site.serve(app, { expireTokens: tokens.expireAll });
  return site;
}
