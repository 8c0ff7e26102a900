import { z } from 'zod';

import type { BatchItem, PaymentOrder } from '../gateway.ts';
import { freezeJson, thawJson } from '../json.ts';
import { rejected } from '../replies.ts';
import { formatPayPal } from './amounts.ts';

const RECEIVER_LENGTH_MAX = 127;
const NOTE_LENGTH_MAX = 1000;

/** A PayPal account number, as PayPal shows it to the account's owner. */
const PAYPAL_ID = /^[A-Z0-9]{13}$/;

const Email = z.email();

function recipientTypeOf(receiver: string): 'EMAIL' | 'PAYPAL_ID' {
  if (PAYPAL_ID.test(receiver)) return 'PAYPAL_ID';
  if (Email.safeParse(receiver).success) return 'EMAIL';
  throw rejected('receiver', 'is neither an e-mail address nor a PayPal account number');
}

/**
 * Freezes a batch of one. The batch id is the key, which PayPal remembers for 30 days. The item id only helps us find the item again;
 * PayPal ignores it. Throws Failure `recipient_rejected`.
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

/** Freezes a batch of many: the payments as each was frozen, under one batch id. Each keeps its own key as its item id. */
export const freezePayPalBatch = (key: string, items: readonly BatchItem[]): Uint8Array =>
  freezeJson({
    sender_batch_header: { sender_batch_id: key },
    items: items.map(({ request }) => thawJson(Single, request).items[0]),
  });

const Keys = z.object({ items: z.array(z.object({ sender_item_id: z.string() })) });

/** Our keys, in the order of the payments in the batch. */
export const keysOf = (request: Uint8Array): string[] =>
  thawJson(Keys, request).items.map(({ sender_item_id }) => sender_item_id);

/** The frozen bytes as text, the same for every post. */
export const thawPayPal = (request: Uint8Array): string => new TextDecoder().decode(request);
