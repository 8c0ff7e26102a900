import { createPublicKey, verify } from 'node:crypto';

import { z } from 'zod';

import type { WebhookHint, WebhookReader } from '../gateway.ts';
import { Id } from '../json.ts';
import { needHeader, notGenuine, readSigned } from '../webhook-checks.ts';

/** `transfers#state-change`, `#payout-failure`, `#refund`, `#active-cases`, and whatever else Wise tells of; all wake the payout. */
const Event = z.object({
  event_type: z.string(),
  data: z.object({
    resource: z.object({ id: Id.optional() }).optional(),
    current_state: z.string().nullish(),
    failure_reason_code: z.string().nullish(),
    occurred_at: z.string().nullish(),
  }),
  sent_at: z.string().nullish(),
});

/** `transfers#payout-failure` has codes as ACCOUNT_CLOSED or WRONG_NAME, an open set; prose is left out. */
const REASON = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Deliveries of one event share these, and differ in their delivery id. */
function toHint({ event_type, data, sent_at }: z.infer<typeof Event>): WebhookHint {
  const id = data.resource?.id ?? null;
  const code = data.failure_reason_code;
  const reason = code && REASON.test(code) ? code : null;
  const word = data.current_state ?? reason ?? event_type;
  const eventId = [id, event_type, data.occurred_at ?? sent_at, word].join(':');
  return { eventId, reference: event_type.startsWith('transfers#') ? id : null, key: null, word, reason };
}

/**
 * Reads Wise's webhooks: `X-Signature-SHA256` is an RSA signature over the raw body. There is no signed time, so an old one passes;
 * it is only a hint, and its event id is known already.
 */
export function createWiseWebhookReader({ webhookPublicKey }: { webhookPublicKey: string }): WebhookReader {
  return async (headers, rawBody) => {
    const signature = Buffer.from(needHeader('Wise', headers, 'x-signature-sha256'), 'base64');
    if (!webhookPublicKey || !verify('RSA-SHA256', rawBody, createPublicKey(webhookPublicKey), signature))
      throw notGenuine('Wise', 'its signature is wrong');
    const hint = toHint(readSigned('Wise', Event, rawBody));
    // Wise's own test deliveries are signed but about nothing.
    return headers.get('x-test-notification') === 'true' ? { ...hint, reference: null, word: 'test' } : hint;
  };
}
