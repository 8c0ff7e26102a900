import { createPublicKey, verify } from 'node:crypto';

import { z } from 'zod';

import type { WebhookHint, WebhookReader } from '../gateway.ts';
import { Id } from '../json.ts';
import { stateOf } from '../replies.ts';
import { needHeader, notGenuine, readSigned } from '../webhook-signatures.ts';
import { WISE_STATUSES } from './statuses.ts';

/** `transfers#state-change`, `#payout-failure`, `#refund`, `#active-cases` and any other event from Wise. Each wakes the payout. */
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

/** `transfers#payout-failure` has codes such as ACCOUNT_CLOSED or WRONG_NAME, an open set. Prose is left out. */
const REASON = /^[A-Z][A-Z0-9_]{0,63}$/;

/** All deliveries of one event share these fields. Only the delivery id differs. */
function toHint({ event_type, data, sent_at }: z.infer<typeof Event>): WebhookHint {
  const id = data.resource?.id ?? null;
  const code = data.failure_reason_code;
  const reason = code && REASON.test(code) ? code : null;
  const providerStatus = data.current_state ?? reason ?? event_type;
  const eventId = [id, event_type, data.occurred_at ?? sent_at, providerStatus].join(':');
  const reference = event_type.startsWith('transfers#') ? id : null;
  const state = stateOf(WISE_STATUSES, data.current_state);
  return { eventId, reference, key: null, providerStatus, state, isProgress: false, reason };
}

/**
 * Reads Wise's webhooks. `X-Signature-SHA256` is an RSA signature over the raw body. No time is signed, so an old webhook is accepted. It is
 * only a hint, and its event id is already known.
 */
export function createWiseWebhookReader({ webhookPublicKey }: { webhookPublicKey: string }): WebhookReader {
  return async (headers, rawBody) => {
    const signature = Buffer.from(needHeader('Wise', headers, 'x-signature-sha256'), 'base64');
    if (!webhookPublicKey || !verify('RSA-SHA256', rawBody, createPublicKey(webhookPublicKey), signature))
      throw notGenuine('Wise', 'the signature is wrong');
    // Only the body is signed. No header, such as `x-test-notification`, may change what it says. A test delivery matches no transfer.
    return toHint(readSigned('Wise', Event, rawBody));
  };
}
