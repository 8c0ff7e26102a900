import { verify } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { z } from 'zod';

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import type { ReplyState, WebhookHint, WebhookReader } from '../gateway.ts';
import { Id } from '../json.ts';
import { stateOf } from '../replies.ts';
import { needHeader, notGenuine, readSigned } from '../webhook-signatures.ts';
import { createCertificateStore } from './certificate-store.ts';
import type { PayPalSettings } from './client.ts';
import { PAYPAL_BATCH_STATUSES, PAYPAL_ITEM_STATUSES } from './statuses.ts';

/** PayPal repeats a webhook for three days. One that was signed earlier is a replay. */
const SIGNED_AGE_MAX_MS = 3 * DAY_MS + HOUR_MS;
const CLOCK_AHEAD_MAX_MS = 5 * MINUTE_MS;

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

/** The meaning of a batch's status for its payments, as long as the batch was not denied or cancelled. */
const PROGRESS: ReadonlySet<ReplyState | null> = new Set(['accepted', null]);

function toHint({ id, event_type, resource }: z.infer<typeof Event>): WebhookHint {
  const { batch_header: batch, payout_item: item } = resource;
  const ofBatch = batch && stateOf(PAYPAL_BATCH_STATUSES, batch.batch_status);
  return {
    eventId: id,
    reference: resource.payout_batch_id ?? batch?.payout_batch_id ?? null,
    key: item?.sender_item_id ?? resource.sender_batch_id ?? batch?.sender_batch_header?.sender_batch_id ?? null,
    providerStatus: resource.transaction_status ?? batch?.batch_status ?? event_type,
    state: ofBatch ?? stateOf(PAYPAL_ITEM_STATUSES, resource.transaction_status),
    isProgress: ofBatch !== undefined && PROGRESS.has(ofBatch),
    reason: null,
  };
}

type Settings = Pick<PayPalSettings, 'webhookId' | 'certUrlPrefix' | 'certCa'>;

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
  { webhookId, ...settings }: Settings,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): WebhookReader {
  const certificateAt = createCertificateStore(settings, fetch);

  return async (headers, rawBody, now) => {
    const [id, time] = [need(headers, 'paypal-transmission-id'), need(headers, 'paypal-transmission-time')];
    const signature = Buffer.from(need(headers, 'paypal-transmission-sig'), 'base64');
    if (need(headers, 'paypal-auth-algo') !== 'SHA256withRSA')
      throw notGenuine('PayPal', 'its signature algorithm is not SHA256withRSA');
    if (!isRecent(time, now)) throw notGenuine('PayPal', 'it was signed too long ago');
    const leaf = await certificateAt(need(headers, 'paypal-cert-url'), now);
    const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(rawBody)}`);
    if (!webhookId || !verify('RSA-SHA256', signed, leaf.publicKey, signature))
      throw notGenuine('PayPal', 'the signature is wrong');
    return toHint(readSigned('PayPal', Event, rawBody));
  };
}
