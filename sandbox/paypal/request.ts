import { paypalExponent, toMinor } from '../decimals.ts';
import { type Json, listOf, objectOf, textOf } from '../json.ts';
import { invalid } from './problem.ts';

const ITEMS_MAX = 15_000;
const RECIPIENT_TYPES = ['EMAIL', 'PHONE', 'PAYPAL_ID', 'USER_HANDLE'];
const HEADER_LIMITS = { sender_batch_id: 256, email_subject: 255, email_message: 1_000, note: 1_000 };

/** The 25 currencies in which PayPal makes payouts. */
const CURRENCIES = [
  'AUD',
  'BRL',
  'CAD',
  'CHF',
  'CNY',
  'CZK',
  'DKK',
  'EUR',
  'GBP',
  'HKD',
  'HUF',
  'ILS',
  'JPY',
  'MXN',
  'MYR',
  'NOK',
  'NZD',
  'PHP',
  'PLN',
  'RUB',
  'SEK',
  'SGD',
  'THB',
  'TWD',
  'USD',
];

export type ItemRequest = {
  receiver: string;
  recipientType: string;
  currency: string;
  minor: bigint;
  senderItemId: string | null;
  note: string | null;
};

export type BatchRequest = { senderBatchId: string; header: Record<string, string>; items: ItemRequest[] };

type Refusal = { refusal: object };

export const isRefusal = (request: object): request is Refusal => 'refusal' in request;
const refuse = (field: string, issue: string, description: string): Refusal => ({
  refusal: invalid(field, issue, description),
});

/** A note of ASCII characters may be longer than one with other characters. */
const noteMax = (note: string): number => (/^[\x20-\x7e\s]*$/.test(note) ? 4_000 : 1_000);

function readItem(value: unknown, index: number, header: Json): ItemRequest | Refusal {
  const item = objectOf(value);
  const amount = objectOf(item['amount']);
  const at = `items[${index}]`;
  const currency = textOf(amount['currency']) ?? '';
  const minor = toMinor(textOf(amount['value']) ?? '', paypalExponent(currency));
  const receiver = textOf(item['receiver']);
  const recipientType = textOf(item['recipient_type']) ?? textOf(header['recipient_type']) ?? 'EMAIL';
  const senderItemId = textOf(item['sender_item_id']) ?? null;
  const note = textOf(item['note']) ?? null;

  if (!CURRENCIES.includes(currency)) return refuse(`${at}.amount.currency`, 'CURRENCY_INVALID', 'Not supported');
  if (minor === undefined || minor <= 0n)
    return refuse(`${at}.amount.value`, 'AMOUNT_INVALID', 'A decimal text above zero with the digits of its currency');
  if (!receiver || receiver.length > 127) return refuse(`${at}.receiver`, 'RECEIVER_INVALID', '1 to 127 characters');
  if (receiver.endsWith('@refused.example'))
    return refuse(`${at}.receiver`, 'RECEIVER_INVALID', 'Refused because of its domain, see the README');
  if (!RECIPIENT_TYPES.includes(recipientType))
    return refuse(`${at}.recipient_type`, 'RECIPIENT_TYPE_INVALID', 'Unknown');
  if (recipientType === 'EMAIL' && !receiver.includes('@'))
    return refuse(`${at}.receiver`, 'RECEIVER_INVALID', 'Not an email address');
  if (senderItemId && senderItemId.length > 63)
    return refuse(`${at}.sender_item_id`, 'TOO_LONG', 'At most 63 characters');
  if (note && note.length > noteMax(note))
    return refuse(`${at}.note`, 'TOO_LONG', 'At most 4000 ASCII characters, or 1000 others');
  return { receiver, recipientType, currency, minor, senderItemId, note };
}

function readHeader(header: Json): Record<string, string> | Refusal {
  for (const [field, max] of Object.entries(HEADER_LIMITS))
    if ((textOf(header[field]) ?? '').length > max)
      return refuse(`sender_batch_header.${field}`, 'TOO_LONG', `At most ${max} characters`);
  const fields = [...Object.keys(HEADER_LIMITS), 'recipient_type'];
  return Object.fromEntries(
    fields.flatMap((field) => {
      const text = textOf(header[field]);
      return text ? [[field, text]] : [];
    }),
  );
}

/** Reads a request for a batch, or says why PayPal would refuse it. */
export function readBatch(body: Json): BatchRequest | Refusal {
  const given = objectOf(body['sender_batch_header']);
  const header = readHeader(given);
  if (isRefusal(header)) return header;
  const rows = listOf(body['items']);
  if (rows.length < 1 || rows.length > ITEMS_MAX) return refuse('items', 'ITEMS_INVALID', `1 to ${ITEMS_MAX} items`);
  const items: ItemRequest[] = [];
  for (const [index, row] of rows.entries()) {
    const item = readItem(row, index, given);
    if (isRefusal(item)) return item;
    items.push(item);
  }
  if (new Set(items.map(({ currency }) => currency)).size > 1)
    return refuse('items', 'CURRENCY_MIXED', 'All items of a batch must have the same currency');
  return { senderBatchId: header['sender_batch_id'] ?? '', header, items };
}
