import { z } from 'zod';

import { rejected } from '../answers.ts';
import type { BatchItem, PaymentOrder } from '../gateway.ts';
import { freezeJson, thawJson } from '../json.ts';
import { formatPayPal } from './amounts.ts';

const RECEIVER_LENGTH_MAX = 127;
const NOTE_LENGTH_MAX = 1000;

/** A PayPal account number as PayPal shows it to its owner. */
const PAYPAL_ID = /^[A-Z0-9]{13}$/;

const Email = z.email();

function recipientTypeOf(receiver: string): 'EMAIL' | 'PAYPAL_ID' {
  if (PAYPAL_ID.test(receiver)) return 'PAYPAL_ID';
  if (Email.safeParse(receiver).success) return 'EMAIL';
  throw rejected('receiver', 'is neither an e-mail address nor a PayPal account number');
}

/**
 * Freezes a batch of one. The batch id is the key that PayPal knows for 30 days; the item id is only for finding the item again,
 * PayPal does not look at it. Throws Failure `recipient_rejected`.
 */
export function freezePayPal({ key, destination, amount, reference }: PaymentOrder): Uint8Array {
  if (destination.method !== 'paypal') throw rejected('method', 'is not a PayPal account');
  const { receiver } = destination;
  if (receiver.length > RECEIVER_LENGTH_MAX)
    throw rejected('receiver', `has more than ${RECEIVER_LENGTH_MAX} characters`);
  if (reference.length > NOTE_LENGTH_MAX) throw rejected('reference', `has more than ${NOTE_LENGTH_MAX} characters`);
  return freezeJson({
    sender_batch_header: { sender_batch_id: key, recipient_type: recipientTypeOf(receiver) },
    items: [
      {
        recipient_type: recipientTypeOf(receiver),
        amount: { currency: amount.currency, value: formatPayPal(amount) },
        receiver,
        sender_item_id: key,
        note: reference,
      },
    ],
  });
}

const Single = z.object({ items: z.tuple([z.record(z.string(), z.unknown())]) });

/** Freezes a batch of many: the payments as they were frozen alone, under one batch id. Each keeps its own key as its item id. */
export const freezePayPalBatch = (key: string, items: readonly BatchItem[]): Uint8Array =>
  freezeJson({
    sender_batch_header: { sender_batch_id: key },
    items: items.map(({ request }) => thawJson(Single, request).items[0]),
  });

const Keys = z.object({ items: z.array(z.object({ sender_item_id: z.string() })) });

/** Our keys in the order in which the batch names its payments. */
export const keysOf = (request: Uint8Array): string[] =>
  thawJson(Keys, request).items.map(({ sender_item_id }) => sender_item_id);

/** The frozen bytes as they are posted, the same each time. */
export const thawPayPal = (request: Uint8Array): string => new TextDecoder().decode(request);
