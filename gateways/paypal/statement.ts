import type { StatementLine } from '../gateway.ts';
import { lookedUp } from '../http.ts';
import { writeJson } from '../json.ts';
import { type PayPalClient, type PayPalTransaction, TRANSACTIONS_PER_PAGE } from './client.ts';

/** One search covers at most 31 days. A day less allows for the hour that daylight saving time adds. */
const WINDOW_SECONDS = 30 * 24 * 60 * 60;
const SECOND_MS = 1000;

/** PayPal returns at most 10,000 rows for a search. */
const PAGES_MAX = 10_000 / TRANSACTIONS_PER_PAGE;

type Window = readonly [start: Date, end: Date];
type Reading = { signal: AbortSignal; onUnreadable?: ((row: string) => void) | undefined };

/** All pages of one search, half-open. PayPal includes both ends, so a transaction at the very end belongs to the next search. */
async function searchWindow(client: PayPalClient, window: Window, currency: string, { signal, onUnreadable }: Reading) {
  const found: PayPalTransaction[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const result = await client.transactions(window, currency, page, signal);
    const { transaction_details, total_pages } = lookedUp('PayPal', result);
    const { readable, unreadable } = transaction_details;
    found.push(...readable);
    for (const row of unreadable) onUnreadable?.(row);
    if (readable.length + unreadable.length === 0 || page >= Number(total_pages ?? 0)) break;
  }
  return found.filter(({ transaction_initiation_date }) => isWithin(window, new Date(transaction_initiation_date)));
}

const isWithin = ([start, end]: Window, at: Date): boolean => start <= at && at < end;

/**
 * Leaves out the transactions that PayPal shows twice. When a transaction comes in while the pages are read, the last one of a page is also
 * the first one of the next page.
 */
const withoutRepeats = (found: readonly PayPalTransaction[]): PayPalTransaction[] => [
  ...new Map(found.map((transaction) => [writeJson(transaction), transaction])).values(),
];

/** Our transactions in a currency over any length of time, half-open and widened to whole seconds. */
export async function transactionsBetween(
  client: PayPalClient,
  [start, end]: Window,
  currency: string,
  reading: Reading,
) {
  const found: PayPalTransaction[] = [];
  const [first, last] = [Math.floor(start.getTime() / SECOND_MS), Math.ceil(end.getTime() / SECOND_MS)];
  for (let from = first; from < last; from += WINDOW_SECONDS) {
    const to = Math.min(from + WINDOW_SECONDS, last);
    const window: Window = [new Date(from * SECOND_MS), new Date(to * SECOND_MS)];
    found.push(...(await searchWindow(client, window, currency, reading)));
  }
  return withoutRepeats(found);
}

/** Transaction event codes (PayPal reporting reference). Other codes move our balance for reasons outside this product. */
const KIND_OF_CODE: Readonly<Record<string, StatementLine['kind']>> = {
  T0001: 'payout',
  T0104: 'fee',
  T1114: 'return',
  T1115: 'return',
  T0300: 'funding',
};

/** A hold on our balance and its release (PayPal event codes). The later fate of the held money is a separate transaction. */
const MOVES_NOTHING: ReadonlySet<string> = new Set(['T1503', 'T1105']);

/**
 * A transaction and its fee as two lines, as in our books. The transaction id alone is not unique. For payouts, `custom_field` contains our item id. If it is missing,
 * `reference` is the payment's transaction id, which the attempt keeps in its evidence.
 */
export function toLines(transaction: PayPalTransaction): StatementLine[] {
  const { transaction_id, transaction_event_code, transaction_initiation_date, transaction_amount, fee_amount } =
    transaction;
  if (MOVES_NOTHING.has(transaction_event_code)) return [];
  const common = {
    occurredAt: new Date(transaction_initiation_date),
    reference: transaction.paypal_reference_id ?? transaction_id,
    key: transaction.custom_field ?? null,
  };
  const id = `${transaction_id}:${transaction_event_code}`;
  const kind = KIND_OF_CODE[transaction_event_code] ?? 'other';
  const main: StatementLine = { ...common, id, kind, amount: transaction_amount };
  if (!fee_amount || fee_amount.minor === 0n) return [main];
  return [main, { ...common, id: `${id}:fee`, kind: 'fee', amount: fee_amount }];
}
