import type { Words } from '../answers.ts';

/** Item states (PayPal Payouts v1, `transaction_enum`). `SUCCESS` can still be refunded or reversed. */
export const PAYPAL_ITEM_WORDS: Words = {
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

/** Batch states, for as long as the batch does not show our item. A batch that ran says nothing about its items. */
export const PAYPAL_BATCH_WORDS: Words = {
  NEW: { state: 'accepted' },
  PENDING: { state: 'accepted' },
  PROCESSING: { state: 'accepted' },
  SUCCESS: { state: null },
  DENIED: { state: 'failed' },
  CANCELED: {
    state: 'needs_person',
    alarm:
      'PayPal cancelled the batch of this payment, which it does only to files that people upload. Ask PayPal, then say by hand what became of the money.',
  },
};

/** Item states in which PayPal has taken the money, whatever became of it later. */
export const PAYPAL_TAKEN: ReadonlySet<string> = new Set([
  'SUCCESS',
  'UNCLAIMED',
  'ONHOLD',
  'BLOCKED',
  'RETURNED',
  'REFUNDED',
  'REVERSED',
]);

/** Item states whose amount must be read from the transactions: some of it may have stayed with the payee. */
export const PAYPAL_TAKEN_BACK: ReadonlySet<string> = new Set(['REFUNDED', 'REVERSED']);
