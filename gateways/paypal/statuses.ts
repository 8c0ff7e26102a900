import type { StatusTable } from '../replies.ts';

/** Statuses of an item (PayPal Payouts v1, `transaction_enum`). `SUCCESS` can still be refunded or reversed. */
export const PAYPAL_ITEM_STATUSES: StatusTable = {
  PENDING: { state: 'accepted' },
  SUCCESS: { state: 'settled' },
  UNCLAIMED: { state: 'unclaimed' },
  ONHOLD: { state: 'on_hold' },
  BLOCKED: {
    state: 'on_hold',
    alarm: 'PayPal blocked this payment. Ask PayPal what it needs to release or return it.',
  },
  FAILED: { state: 'failed' },
  RETURNED: { state: 'returned' },
  REFUNDED: { state: 'returned' },
  REVERSED: { state: 'returned' },
};

/** Statuses of a batch, used while the batch does not show our item. A batch that ran tells nothing about its items. */
export const PAYPAL_BATCH_STATUSES: StatusTable = {
  NEW: { state: 'accepted' },
  PENDING: { state: 'accepted' },
  PROCESSING: { state: 'accepted' },
  SUCCESS: { state: null },
  DENIED: { state: 'failed' },
  CANCELED: {
    state: 'needs_person',
    alarm:
      'PayPal cancelled the batch of this payment, which it normally does only to files that people upload. Ask PayPal, then record the outcome by hand.',
  },
};

/** Item statuses in which PayPal has taken the money, whatever happened to it later. */
export const PAYPAL_TAKEN: ReadonlySet<string> = new Set([
  'SUCCESS',
  'UNCLAIMED',
  'ONHOLD',
  'BLOCKED',
  'RETURNED',
  'REFUNDED',
  'REVERSED',
]);

/** Item statuses whose amount must be read from the transactions, because the payee may have kept part of it. */
export const PAYPAL_TAKEN_BACK: ReadonlySet<string> = new Set(['REFUNDED', 'REVERSED']);
