import { add, type Money, money } from '../../domain/money.ts';
import { answer, translate } from '../answers.ts';
import type { Answer, Submission } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { ITEMS_PER_PAGE, type PayPalClient, type PayPalItem } from './client.ts';
import { transactionsBetween } from './statement.ts';
import { PAYPAL_BATCH_WORDS, PAYPAL_ITEM_WORDS, PAYPAL_TAKEN, PAYPAL_TAKEN_BACK } from './words.ts';

/** 15 pages hold the largest batch that PayPal takes; one more is empty. */
const PAGES_MAX = 16;

type Found = { batchStatus: string; item: PayPalItem | null };

/** Finds our item in a batch, through all its pages. */
async function findItem(client: PayPalClient, batchId: string, key: string, signal: AbortSignal): Promise<Found> {
  let batchStatus = 'PENDING';
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { batch_header, items } = lookedUp('PayPal', await client.batchPage(batchId, page, signal));
    batchStatus = batch_header.batch_status;
    const item = items?.find(({ payout_item }) => payout_item.sender_item_id === key);
    if (item) return { batchStatus, item };
    if (!items || items.length < ITEMS_PER_PAGE) break;
  }
  return { batchStatus, item: null };
}

const NOT_OURS =
  'PayPal holds another amount under the id of this payment. Nothing was repeated. Compare the batch at PayPal with the payout before anybody pays again.';

const sameAmount = (a: Money, b: Money): boolean => a.minor === b.minor && a.currency === b.currency;

/** Reads what PayPal says of a batch of ours now. */
export async function follow(
  client: PayPalClient,
  submission: Submission,
  batchId: string,
  now: Date,
  signal: AbortSignal,
): Promise<Answer> {
  const { batchStatus, item } = await findItem(client, batchId, submission.key, signal);
  if (!item?.transaction_status) return ofBatch(batchId, batchStatus);
  if (!sameAmount(item.payout_item.amount, submission.amount))
    return answer('needs_person', item.transaction_status, { reference: batchId, alarm: NOT_OURS });
  const told = ofItem(batchId, item, item.transaction_status);
  return PAYPAL_TAKEN_BACK.has(told.word) ? addTakenBack(client, told, item, submission, now, signal) : told;
}

function ofBatch(batchId: string, batchStatus: string): Answer {
  const { state, alarm } = translate(PAYPAL_BATCH_WORDS, 'PayPal', batchStatus);
  return answer(state, batchStatus, { reference: batchId, alarm });
}

function ofItem(batchId: string, item: PayPalItem, word: string): Answer {
  const { state, alarm } = translate(PAYPAL_ITEM_WORDS, 'PayPal', word);
  const { amount } = item.payout_item;
  const nothing = money(0n, amount.currency);
  return answer(state, word, {
    reference: batchId,
    alarm,
    debited: PAYPAL_TAKEN.has(word) ? { amount, fee: item.payout_item_fee ?? nothing } : null,
    returned: word === 'RETURNED' ? { amount, fee: nothing } : null,
    reason: item.errors?.name ?? null,
    evidence: { item: item.payout_item_id, transaction: item.transaction_id ?? null },
  });
}

const DAY_MS = 24 * 60 * 60_000;

/** Event codes of money that comes back to us (PayPal transaction event codes): reversal and refund. */
const COMING_BACK: ReadonlySet<string> = new Set(['T1114', 'T1115']);

const PARTLY =
  'Part of this payment came back from PayPal. The payee keeps the rest: decide by hand what happens with what came back.';
const NOT_REPORTED =
  'PayPal took this payment back, but its transactions do not show the amount yet. It is read again.';

/** A refund may be partial: what came back is what the transactions show, and a partial one leaves the payment settled. */
async function addTakenBack(
  client: PayPalClient,
  told: Answer,
  item: PayPalItem,
  { amount, submittedAt }: Submission,
  now: Date,
  signal: AbortSignal,
): Promise<Answer> {
  const since = new Date((submittedAt ?? now).getTime() - DAY_MS); // a margin for two clocks that differ
  const transactions = await transactionsBetween(client, [since, now], amount.currency, signal);
  const back = transactions.filter(
    ({ transaction_event_code, paypal_reference_id }) =>
      COMING_BACK.has(transaction_event_code) && paypal_reference_id === item.transaction_id,
  );
  if (back.length === 0) return { ...told, state: null, alarm: NOT_REPORTED };
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
  if (returned.amount.minor >= amount.minor) return { ...told, returned };
  return { ...told, state: 'settled', returned, alarm: PARTLY };
}
