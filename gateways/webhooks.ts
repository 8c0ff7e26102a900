import type { WebhookReader } from './gateway.ts';
import type { GatewaySettings } from './index.ts';
import { createLobWebhookReader } from './lob/webhook.ts';
import { createPayPalWebhookReader } from './paypal/webhook.ts';
import { createWiseWebhookReader } from './wise/webhook.ts';

/** The gateways whose providers send us webhooks. A bank does not. */
export const WEBHOOK_SENDERS = ['wise', 'paypal', 'lob'] as const;
export type WebhookSender = (typeof WEBHOOK_SENDERS)[number];

/** One webhook reader for each provider that sends webhooks. A webhook is only a hint: the provider's object is read again. */
export const createWebhookReaders = (settings: GatewaySettings): Record<WebhookSender, WebhookReader> => ({
  wise: createWiseWebhookReader(settings.wise),
  paypal: createPayPalWebhookReader(settings.paypal),
  lob: createLobWebhookReader(settings.lob),
});
