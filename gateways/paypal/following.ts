import { DAY_MS } from '../../domain/durations.ts';
import { add, type Money, money } from '../../domain/money.ts';
import type { Reply, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { reply, translate } from '../replies.ts';
import type { PayPalClient, PayPalItem } from './client.ts';
import { transactionsBetween } from './statement.ts';
import { PAYPAL_BATCH_STATUSES, PAYPAL_ITEM_STATUSES, PAYPAL_TAKEN, PAYPAL_TAKEN_BACK } from './statuses.ts';

/** The largest batch that PayPal takes. */
export const ITEMS_MAX = 15_000;

/** A payment in a larger batch is followed by its own id. A batch of one is followed by the batch's id. */
export const FOLLOWS_ITEM = 'item';

export type BatchPage = { batchStatus: string; items: readonly PayPalItem[] };

/** The pages of a batch, one call each, up to the first page that is not full. */
export async function* pagesOf(client: PayPalClient, batchId: string, signal: AbortSignal): AsyncGenerator<BatchPage> {
  const { itemsPerPage } = client;
  for (let page = 1; (page - 1) * itemsPerPage <= ITEMS_MAX; page += 1) {
    const { batch_header, items } = lookedUp('PayPal', await client.batchPage(batchId, page, signal));
    const { readable, unreadable } = items ?? { readable: [], unreadable: [] };
    yield { batchStatus: batch_header.batch_status, items: readable };
    if (readable.length + unreadable.length < itemsPerPage) return;
  }
}

/** PayPal paid nothing of a batch with this status, whether or not it shows the batch's payments. */
export const DENIED = 'DENIED';

/** A payment that PayPal denied with its batch. */
export const deniedReply = (reference: string | null): Reply => reply('failed', DENIED, { reference });

type Found = { batchStatus: string; item: PayPalItem | null };

/** Finds our item in a batch, searching all its pages. */
async function findItem(client: PayPalClient, batchId: string, key: string, signal: AbortSignal): Promise<Found> {
  let batchStatus = 'PENDING';
  for await (const page of pagesOf(client, batchId, signal)) {
    batchStatus = page.batchStatus;
    const item = page.items.find(({ payout_item }) => payout_item.sender_item_id === key);
    if (item) return { batchStatus, item };
  }
  return { batchStatus, item: null };
}

const NOT_OURS =
  'PayPal has a different amount under the id of this payment. Nothing was sent again. Compare the batch at PayPal with the payout before anybody pays again.';

const sameAmount = (a: Money, b: Money): boolean => a.minor === b.minor && a.currency === b.currency;

/** Reads the current status of a payment that has a batch of its own. */
export async function follow(
  client: PayPalClient,
  submission: Submission,
  batchId: string,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const { batchStatus, item } = await findItem(client, batchId, submission.key, signal);
  if (!item?.transaction_status) return ofBatch(batchId, batchStatus);
  return ofItem(client, submission, batchId, item, now, signal);
}

/** Reads one payment of a larger batch by its own id, without reading the others. */
export async function followItem(
  client: PayPalClient,
  submission: Submission,
  itemId: string,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const item = lookedUp('PayPal', await client.item(itemId, signal));
  if (!item.transaction_status && (await isDenied(client, item, signal))) return deniedReply(itemId);
  return ofItem(client, submission, itemId, item, now, signal);
}

/** A payment that has not started has no status of its own. Its batch may have been denied since it was accepted. */
async function isDenied(client: PayPalClient, item: PayPalItem, signal: AbortSignal): Promise<boolean> {
  if (!item.payout_batch_id) return false;
  const { batch_header } = lookedUp('PayPal', await client.batchPage(item.payout_batch_id, 1, signal));
  return batch_header.batch_status === DENIED;
}

async function ofItem(
  client: PayPalClient,
  submission: Submission,
  reference: string,
  item: PayPalItem,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const status = item.transaction_status ?? 'PENDING'; // a payment that has not started has no status
  const isOurs = item.payout_item.sender_item_id === submission.key;
  if (!isOurs || !sameAmount(item.payout_item.amount, submission.amount))
    return reply('needs_person', status, { reference, alarm: NOT_OURS });
  const current = itemReply(reference, item, status);
  return PAYPAL_TAKEN_BACK.has(status) ? addTakenBack(client, current, item, submission, now, signal) : current;
}

function ofBatch(batchId: string, batchStatus: string): Reply {
  if (batchStatus === DENIED) return deniedReply(batchId);
  const { state, alarm } = translate(PAYPAL_BATCH_STATUSES, 'PayPal', batchStatus);
  return reply(state, batchStatus, { reference: batchId, alarm });
}

function itemReply(reference: string, item: PayPalItem, status: string): Reply {
  const { state, alarm } = translate(PAYPAL_ITEM_STATUSES, 'PayPal', status);
  const { amount } = item.payout_item;
  const nothing = money(0n, amount.currency);
  return reply(state, status, {
    reference,
    alarm,
    debited: PAYPAL_TAKEN.has(status) ? { amount, fee: item.payout_item_fee ?? nothing } : null,
    returned: status === 'RETURNED' ? { amount, fee: nothing } : null,
    reason: item.errors?.name ?? null,
    evidence: { item: item.payout_item_id, transaction: item.transaction_id ?? null },
  });
}

/** Event codes for money that comes back to us (PayPal transaction event codes): reversal and refund. */
const COMING_BACK: ReadonlySet<string> = new Set(['T1114', 'T1115']);

const PARTLY =
  'Part of this payment came back from PayPal, and the payee keeps the rest. Decide by hand what happens to the part that came back.';

/**
 * Adds what came back, as PayPal's transactions show it. A refund may be partial, and then the payment stays settled. The money is on
 * hold until the transactions show the refund.
 */
async function addTakenBack(
  client: PayPalClient,
  current: Reply,
  item: PayPalItem,
  { amount, submittedAt }: Submission,
  now: Date,
  signal: AbortSignal,
): Promise<Reply> {
  const since = new Date((submittedAt ?? now).getTime() - DAY_MS); // allows for clocks that differ
  const transactions = await transactionsBetween(client, [since, now], amount.currency, { signal });
  const back = transactions.filter(
    ({ transaction_event_code, paypal_reference_id }) =>
      COMING_BACK.has(transaction_event_code) && paypal_reference_id === item.transaction_id,
  );
  if (back.length === 0) return { ...current, state: 'on_hold', reason: 'not in the transactions yet' };
  const fees = add(
    amount.currency,
    back.flatMap(({ fee_amount }) => fee_amount ?? []),
  );
  const returned = {
    amount: add(
      amount.currency,
      back.map(({ transaction_amount }) => transaction_amount),
    ),
    fee: fees,
  };
  if (returned.amount.minor >= amount.minor) return { ...current, returned };
  return { ...current, state: 'settled', returned, alarm: PARTLY };
}
