import { divideHalfUp, paypalExponent, toDecimal } from '../decimals.ts';

export const PAYPAL_OUTCOMES = [
  'unclaimed',
  'onhold',
  'blocked',
  'fail',
  'return',
  'reverse',
  'refund-partly',
  'unknown-word',
] as const;
export type PaypalOutcome = (typeof PAYPAL_OUTCOMES)[number] | 'success';

export type Batch = {
  id: string;
  status: 'PENDING' | 'PROCESSING' | 'SUCCESS' | 'DENIED';
  header: Record<string, string>;
  senderBatchId: string;
  currency: string;
  createdAt: string;
  completedAt: string | null;
  dueAt: number | null;
};

export type Item = {
  id: string;
  batchId: string;
  transactionId: string;
  status: string;
  receiver: string;
  recipientType: string;
  senderItemId: string | null;
  currency: string;
  amount: string;
  fee: string;
  note: string | null;
  outcome: PaypalOutcome;
  afterMs: number;
  processedAt: string | null;
  dueAt: number | null;
};

type Fate = { status: string; error?: string; later?: string };

const DAY_MS = 86_400_000;
/** PayPal returns unclaimed and held money after 30 days. */
export const GIVEN_BACK_AFTER_MS = 30 * DAY_MS;
/** When the receiver reverses a successful payment, unless the rule says otherwise. */
export const UNDONE_AFTER_MS = 20 * DAY_MS;

/** The status of an item when its batch runs, the error that explains it, and the status that follows later. */
export const FATES: Record<PaypalOutcome, Fate> = {
  success: { status: 'SUCCESS' },
  unclaimed: { status: 'UNCLAIMED', error: 'RECEIVER_UNREGISTERED', later: 'RETURNED' },
  onhold: { status: 'ONHOLD', error: 'RECEIVER_ACCOUNT_LIMITATION', later: 'RETURNED' },
  blocked: { status: 'BLOCKED', error: 'RECEIVER_ACCOUNT_LIMITATION' },
  fail: { status: 'FAILED', error: 'RECEIVER_ACCOUNT_LOCKED' },
  return: { status: 'SUCCESS', later: 'REFUNDED' },
  reverse: { status: 'SUCCESS', later: 'REVERSED' },
  'refund-partly': { status: 'SUCCESS', later: 'REFUNDED' },
  'unknown-word': { status: 'MOONSTRUCK' },
};

/** The event for each status. PayPal uses different names for events and statuses. */
export const EVENTS: Record<string, string> = {
  SUCCESS: 'SUCCEEDED',
  FAILED: 'FAILED',
  UNCLAIMED: 'UNCLAIMED',
  RETURNED: 'RETURNED',
  ONHOLD: 'HELD',
  BLOCKED: 'BLOCKED',
  REFUNDED: 'REFUNDED',
  REVERSED: 'REFUNDED',
};

/** The highest fee for one payment, in major units. The default is 20. */
const FEE_CAP: Record<string, bigint> = { HUF: 6_000n, JPY: 2_500n, TWD: 650n, PHP: 1_000n, THB: 650n };

/** Two percent, with a half rounded up, and never more than the currency's cap. */
export function feeOf(amountMinor: bigint, currency: string): bigint {
  const cap = (FEE_CAP[currency] ?? 20n) * 10n ** BigInt(paypalExponent(currency));
  const fee = divideHalfUp(amountMinor * 2n, 100n);
  return fee < cap ? fee : cap;
}

/** The amount that comes back when a payment is reversed: all of it, or half if only a part is refunded. */
export function refundOf(amountMinor: bigint, outcome: PaypalOutcome): bigint {
  return outcome === 'refund-partly' ? amountMinor / 2n : amountMinor;
}

const money = (currency: string, value: string) => ({ currency, value });

/** The batch as PayPal shows it, with amounts once it has run. */
export function showBatch(batch: Batch, sums?: { amount: bigint; fees: bigint }) {
  const exponent = paypalExponent(batch.currency);
  return {
    payout_batch_id: batch.id,
    batch_status: batch.status,
    time_created: batch.createdAt,
    ...(batch.completedAt && { time_completed: batch.completedAt, time_closed: batch.completedAt }),
    sender_batch_header: batch.header,
    ...(sums && {
      funding_source: 'BALANCE',
      amount: money(batch.currency, toDecimal(sums.amount, exponent)),
      fees: money(batch.currency, toDecimal(sums.fees, exponent)),
    }),
  };
}

/** The reason that PayPal gives with a status other than success. */
function showError(item: Item) {
  const name = FATES[item.outcome].error;
  const message = `The receiver's account: ${name?.toLowerCase().replaceAll('_', ' ')}.`;
  return name && item.status !== 'PENDING' ? { errors: { name, message, debug_id: item.id, links: [] } } : {};
}

/** An item as PayPal shows it, in the batch and on its own. */
export function showItem(item: Item, origin: string) {
  const href = `${origin}/v1/payments/payouts-item/${item.id}`;
  const isOpen = item.status === 'PENDING' || item.status === 'FAILED';
  return {
    payout_item_id: item.id,
    ...(isOpen ? {} : { transaction_id: item.transactionId }),
    activity_id: `A${item.transactionId}`,
    transaction_status: item.status,
    payout_item_fee: money(item.currency, isOpen ? toDecimal(0n, paypalExponent(item.currency)) : item.fee),
    payout_batch_id: item.batchId,
    payout_item: {
      recipient_type: item.recipientType,
      amount: money(item.currency, item.amount),
      ...(item.note && { note: item.note }),
      receiver: item.receiver,
      ...(item.senderItemId && { sender_item_id: item.senderItemId }),
      recipient_wallet: 'PAYPAL',
    },
    ...(item.processedAt && { time_processed: item.processedAt }),
    ...showError(item),
    links: [{ href, rel: 'item', method: 'GET', encType: 'application/json' }],
  };
}
