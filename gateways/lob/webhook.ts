import { z } from 'zod';

import { MINUTE_MS } from '../../domain/durations.ts';
import type { WebhookReader } from '../gateway.ts';
import { Id } from '../json.ts';
import { stateOf } from '../replies.ts';
import { isHmacOf, needHeader, notGenuine, readSigned } from '../webhook-signatures.ts';
import { LOB_STATUSES } from './statuses.ts';

/** How far the signed time may differ from ours. */
const CLOCK_WINDOW_MS = 5 * MINUTE_MS;

const Event = z.object({
  id: Id,
  event_type: z.object({ id: z.string() }),
  reference_id: Id,
  body: z.object({ metadata: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** Reads Lob's webhooks. `Lob-Signature` is the HMAC-SHA256 of the time, a period and the raw body. */
export function createLobWebhookReader({ webhookSecret }: { webhookSecret: string }): WebhookReader {
  return async (headers, rawBody, now) => {
    const signature = needHeader('Lob', headers, 'lob-signature');
    const timestamp = needHeader('Lob', headers, 'lob-signature-timestamp');
    if (!isHmacOf(webhookSecret, [timestamp, '.', rawBody], signature))
      throw notGenuine('Lob', 'the signature is wrong');
    if (!(Math.abs(now.getTime() - Number(timestamp)) <= CLOCK_WINDOW_MS))
      throw notGenuine('Lob', 'the signed time is too far from now');
    const { id, event_type, reference_id, body } = readSigned('Lob', Event, rawBody);
    return {
      eventId: id,
      reference: reference_id,
      key: body?.metadata?.['attempt'] ?? null,
      providerStatus: event_type.id,
      state: stateOf(LOB_STATUSES, event_type.id.replace(/^check\./, '')),
      isProgress: false,
      reason: null,
    };
  };
}
