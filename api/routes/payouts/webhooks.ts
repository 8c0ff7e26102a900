import { createRoute, z } from '@hono/zod-openapi';

import { findPayoutByProviderRef } from '../../../db/payouts/starts.ts';
import { findBatchByProviderRef, findWaitingBatch } from '../../../db/payouts/batches.ts';
import { insertInboxMessage, markInboxProcessed } from '../../../db/payouts/inbox.ts';
import { isNews } from '../../../domain/payouts/news.ts';
import type { WebhookHint } from '../../../gateways/gateway.ts';
import { WEBHOOK_SENDERS, type WebhookSender } from '../../../gateways/webhooks.ts';
import { wakeBatch, wakePayout } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { wakeQuietly } from '../../http/wake.ts';

const receive = createRoute({
  method: 'post',
  path: '/webhooks/{sender}',
  operationId: 'receiveWebhook',
  tags: ['webhooks'],
  summary: "Receive a provider's webhook",
  description:
    'Takes a signed message in the form that the provider sends. It is only a hint: Bursar asks the provider before it books anything.',
  request: { params: z.object({ sender: fields.oneOf(WEBHOOK_SENDERS, 'The provider that calls', 'wise') }) },
  responses: {
    200: { description: 'The message was stored, or was already known.' },
    401: problemResponse("The provider's signature does not match. Nothing was stored."),
  },
});

/**
 * Providers call this. A genuine message is stored before it is answered, reduced to its ids. If it is news, it wakes its payout, which asks
 * the provider itself.
 */
export const webhookRoutes = ({ db, temporal, log, webhookReaders }: ApiDeps) => {
  const wake = async (gateway: WebhookSender, hint: WebhookHint) => {
    const { eventId } = hint;
    const payout = await findPayoutByProviderRef(db, gateway, hint);
    const batch = payout ? await findWaitingBatch(db, payout.id) : await findBatchByProviderRef(db, gateway, hint);
    if (!payout && !batch) return; // the sweep matches it once the reference is known
    const hasNews = payout !== null && isNews(payout.known, { ...hint, word: hint.providerStatus });
    const woken = await wakeQuietly(
      { temporal, log },
      { payout: payout?.id ?? '', batch: batch?.id ?? '' },
      async () => {
        if (hasNews) await wakePayout(temporal, payout);
        if (batch) await wakeBatch(temporal, batch);
      },
    );
    if (woken) await markInboxProcessed(db, [{ gateway, eventId }]);
  };
  /** Providers wait five seconds for an answer. A stored message cannot be lost: if anything fails here, the sweep does it later. */
  const wakeLater = (gateway: WebhookSender, hint: WebhookHint) =>
    void wake(gateway, hint).catch((error: unknown) =>
      log.warn(
        { gateway, event: hint.eventId, reason: String(error) },
        'a webhook woke no workflow; the sweep will do it',
      ),
    );

  return createRouter().openapi(receive, async (c) => {
    const { sender } = c.req.valid('param');
    const rawBody = new Uint8Array(await c.req.arrayBuffer());
    const hint = await webhookReaders[sender](c.req.raw.headers, rawBody, new Date());
    const isNew = await insertInboxMessage(db, { gateway: sender, ...hint, word: hint.providerStatus });
    if (isNew) wakeLater(sender, hint);
    return c.body(null, 200);
  });
};
