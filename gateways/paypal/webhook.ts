import { verify, type X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { z } from 'zod';

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import type { WebhookHint, WebhookReader } from '../gateway.ts';
import { Id } from '../json.ts';
import { needHeader, notGenuine, readSigned } from '../webhook-signatures.ts';
import { isTrusted, readAuthorities, readCertificates } from './certificates.ts';
import type { PayPalSettings } from './client.ts';

/** PayPal repeats a webhook for three days. One that was signed earlier is a replay. */
const SIGNED_AGE_MAX_MS = 3 * DAY_MS + HOUR_MS;
const CLOCK_AHEAD_MAX_MS = 5 * MINUTE_MS;
const CERTIFICATE_TIMEOUT_MS = 10_000;
const CERTIFICATES_KEPT_MAX = 20;

const Event = z.object({
  id: Id,
  event_type: z.string(),
  resource: z.object({
    payout_batch_id: Id.optional(),
    transaction_status: z.string().optional(),
    sender_batch_id: z.string().optional(),
    payout_item: z.object({ sender_item_id: z.string().optional() }).optional(),
    batch_header: z
      .object({
        payout_batch_id: Id,
        batch_status: z.string().optional(),
        sender_batch_header: z.object({ sender_batch_id: z.string().optional() }).optional(),
      })
      .optional(),
  }),
});

function toHint({ id, event_type, resource }: z.infer<typeof Event>): WebhookHint {
  const { batch_header: batch, payout_item: item } = resource;
  return {
    eventId: id,
    reference: resource.payout_batch_id ?? batch?.payout_batch_id ?? null,
    key: item?.sender_item_id ?? resource.sender_batch_id ?? batch?.sender_batch_header?.sender_batch_id ?? null,
    providerStatus: resource.transaction_status ?? batch?.batch_status ?? event_type,
    reason: null,
  };
}

type Settings = Pick<PayPalSettings, 'webhookId' | 'certUrlPrefix' | 'certCa'>;

/** Fetches each of PayPal's signing certificates once, however many webhooks wait for it. Only addresses with our prefix are fetched. */
function createChains(certUrlPrefix: string, fetch: typeof globalThis.fetch) {
  const kept = new Map<string, Promise<X509Certificate[]>>();

  async function load(url: string): Promise<X509Certificate[]> {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(CERTIFICATE_TIMEOUT_MS) });
    if (!response.ok) throw new RangeError(`status ${response.status}`);
    return readCertificates(await response.text());
  }

  return async (url: string): Promise<X509Certificate[]> => {
    const isOurs = certUrlPrefix && URL.canParse(url) && new URL(url).href.startsWith(certUrlPrefix);
    if (!isOurs) throw notGenuine('PayPal', 'its certificate is not hosted by PayPal');
    const known = kept.get(url);
    if (known) return known;
    if (kept.size >= CERTIFICATES_KEPT_MAX) kept.clear();
    const chain = load(url).catch((cause: unknown) => {
      kept.delete(url); // the next webhook tries again
      throw certificateUnavailable(cause);
    });
    kept.set(url, chain);
    return chain;
  };
}

const need = (headers: Headers, name: string): string => needHeader('PayPal', headers, name);

const isRecent = (time: string, now: Date): boolean => {
  const age = now.getTime() - Date.parse(time);
  return age <= SIGNED_AGE_MAX_MS && age >= -CLOCK_AHEAD_MAX_MS;
};

/**
 * Reads PayPal's webhooks. The RSA signature covers the transmission id, the time, our webhook id and the CRC of the raw body. It is made
 * with a certificate that PayPal hosts and that one of our trusted authorities signed.
 */
export function createPayPalWebhookReader(
  { webhookId, certUrlPrefix, certCa }: Settings,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): WebhookReader {
  const chainAt = createChains(certUrlPrefix, fetch);
  const authorities = readAuthorities(certCa);

  async function trustedLeaf(url: string, now: Date): Promise<X509Certificate> {
    const chain = await chainAt(url);
    const [leaf] = chain;
    if (!leaf || !isTrusted(chain, authorities, now)) throw notGenuine('PayPal', 'its certificate is not trusted');
    return leaf;
  }

  return async (headers, rawBody, now) => {
    const [id, time] = [need(headers, 'paypal-transmission-id'), need(headers, 'paypal-transmission-time')];
    const signature = Buffer.from(need(headers, 'paypal-transmission-sig'), 'base64');
    if (need(headers, 'paypal-auth-algo') !== 'SHA256withRSA')
      throw notGenuine('PayPal', 'its signature algorithm is not SHA256withRSA');
    if (!isRecent(time, now)) throw notGenuine('PayPal', 'it was signed too long ago');
    const leaf = await trustedLeaf(need(headers, 'paypal-cert-url'), now);
    const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(rawBody)}`);
    if (!webhookId || !verify('RSA-SHA256', signed, leaf.publicKey, signature))
      throw notGenuine('PayPal', 'the signature is wrong');
    return toHint(readSigned('PayPal', Event, rawBody));
  };
}

const certificateUnavailable = (cause: unknown): Failure =>
  new Failure(
    'gateway_unavailable',
    'PayPal’s signing certificate could not be fetched, so this webhook was neither accepted nor refused. PayPal will send it again.',
    { cause },
  );
