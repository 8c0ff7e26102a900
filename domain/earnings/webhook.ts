import { createHmac, timingSafeEqual } from 'node:crypto';

import { MINUTE_MS } from '../durations.ts';

/** The webhooks that sources of events send, signed as Standard Webhooks says. */

const PREFIX = 'whsec_';
const BYTES_MIN = 24;
const BYTES_MAX = 64;
/** A webhook that is older may be a replay by somebody who overheard it, and clocks differ by less. */
const TOLERANCE_MS = 5 * MINUTE_MS;

/** Reads a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`, or returns undefined. */
export function readSecret(text: string): Buffer | undefined {
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
  return isBase64 && bytes.length >= BYTES_MIN && bytes.length <= BYTES_MAX ? bytes : undefined;
}

export const printSecret = (secret: Uint8Array): string => `${PREFIX}${Buffer.from(secret).toString('base64')}`;

/** The headers of a webhook. One that is missing is undefined. */
export type WebhookHeaders = {
  readonly id: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp: string | undefined;
  /** Signatures such as `v1,…`, separated by spaces. */
  readonly signature: string | undefined;
};

/** Signs a webhook. Only the version `v1` of the signatures is known here. */
export const signatureOf = (secret: Uint8Array, id: string, timestamp: string, body: Uint8Array): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;

/** The reason why a secret did not sign a webhook, or undefined. */
export function whyNotGenuine(
  secret: Uint8Array,
  { id, timestamp, signature }: WebhookHeaders,
  body: Uint8Array,
  nowMs: number,
): string | undefined {
  if (!id || !timestamp || !signature)
    return 'a header is missing: webhook-id, webhook-timestamp and webhook-signature are needed';
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a number of seconds';
  if (Math.abs(Number(timestamp) * 1000 - nowMs) > TOLERANCE_MS)
    return 'webhook-timestamp is more than 5 minutes from our clock';
  const expected = Buffer.from(signatureOf(secret, id, timestamp, body));
  const isSigned = signature.split(' ').some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isSigned ? undefined : 'the signature does not match';
}
