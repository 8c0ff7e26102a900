import { Hono } from 'hono';

import type { Kind, Movement } from '../books.ts';
import { CURRENCIES, minorOf, paypalExponent, toDecimal } from '../decimals.ts';
import type { HttpEnv } from '../faults.ts';
import type { StandIn } from '../site.ts';
import type { Item } from './batch.ts';
import type { Payouts } from './payouts.ts';
import { problem } from './problem.ts';

const WINDOW_MAX_MS = 31 * 86_400_000;
const PAGE_SIZE_MAX = 500;
const ROWS_MAX = 10_000;

const isReversed = ({ status }: Item) => status === 'RETURNED' || status === 'REVERSED';

/** PayPal's code for each kind of line, and the letter with which its transaction id starts here. */
const CODES: Record<Kind, (item: Item) => { code: string; letter: string }> = {
  paid: () => ({ code: 'T0001', letter: 'T' }),
  fee: () => ({ code: 'T0104', letter: 'F' }),
  returned: (item) => ({ code: isReversed(item) ? 'T1114' : 'T1115', letter: 'R' }),
};

/** A movement as a line of the transaction report. Fees and returns name the payment to which they belong. */
function showLine(movement: Movement, item: Item) {
  const { code, letter } = CODES[movement.kind](item);
  const money = (value: string) => ({ currency_code: movement.currency, value });
  const signed = movement.kind === 'returned' ? movement.amount : `-${movement.amount}`;
  return {
    transaction_info: {
      transaction_id: `${letter}${item.transactionId.slice(1)}`,
      ...(letter !== 'T' && { paypal_reference_id: item.transactionId, paypal_reference_id_type: 'TXN' }),
      ...(item.senderItemId && { custom_field: item.senderItemId }), // the sender's own id, as in PayPal's specification
      transaction_event_code: code,
      transaction_initiation_date: movement.at,
      transaction_updated_date: movement.at,
      transaction_amount: money(signed),
      transaction_status: movement.kind === 'paid' && item.status === 'UNCLAIMED' ? 'P' : 'S',
      ending_balance: money(movement.balance),
      available_balance: money(movement.balance),
    },
  };
}

/** Transaction search and balances, which reconciliation reads. */
export function reportRoutes({ books, clock }: StandIn, payouts: Payouts) {
  const app = new Hono<HttpEnv>();

  function linesBetween(from: number, to: number, wanted: (movement: Movement) => boolean) {
    return books.movements.flatMap((movement) => {
      const at = Date.parse(movement.at);
      const item = at >= from && at <= to && wanted(movement) ? payouts.items.get(movement.reference) : undefined;
      return item ? [{ movement, item }] : [];
    });
  }

  app.get('/transactions', (c) => {
    const {
      start_date: start = '',
      end_date: end = '',
      transaction_id: id,
      transaction_currency: currency,
    } = c.req.query();
    const [from, to] = [Date.parse(start), Date.parse(end)];
    if (!(to >= from))
      return c.json(problem('INVALID_REQUEST', 'start_date and end_date are required, in order.'), 400);
    if (to - from > WINDOW_MAX_MS) return c.json(problem('INVALID_REQUEST', 'Date range is greater than 31 days'), 400);
    const inCurrency = linesBetween(from, to, (movement) => !currency || movement.currency === currency);
    const lines = id ? inCurrency.filter(({ item }) => item.transactionId.slice(1) === id.slice(1)) : inCurrency;
    if (lines.length > ROWS_MAX)
      return c.json(problem('RESULTSET_TOO_LARGE', 'Result set size is greater than the maximum limit.'), 400);
    const size = Math.min(Math.max(1, Number(c.req.query('page_size') ?? 100) || 100), PAGE_SIZE_MAX);
    const page = Math.max(1, Number(c.req.query('page') ?? 1) || 1);
    return c.json({
      transaction_details: lines
        .slice((page - 1) * size, page * size)
        .map((line) => showLine(line.movement, line.item)),
      account_number: 'SANDBOXACCOUNT',
      start_date: start,
      end_date: end,
      last_refreshed_datetime: clock.iso(),
      page,
      total_items: lines.length,
      total_pages: Math.ceil(lines.length / size),
      links: [{ href: c.req.url, rel: 'self', method: 'GET' }],
    });
  });

  app.get('/balances', (c) => {
    const wanted = c.req.query('currency_code') ?? 'ALL';
    const currencies = CURRENCIES.filter((currency) => wanted === 'ALL' || wanted === currency);
    const money = (currency: string, minor: bigint) => ({
      currency_code: currency,
      value: toDecimal(minor, paypalExponent(currency)),
    });
    return c.json({
      balances: currencies.map((currency) => ({
        currency,
        primary: currency === 'USD',
        total_balance: money(currency, books.balance(currency)),
        available_balance: money(currency, books.balance(currency)),
        withheld_balance: money(currency, minorOf('0', paypalExponent(currency))),
      })),
      account_id: 'SANDBOXACCOUNT',
      as_of_time: clock.iso(),
      last_refresh_time: clock.iso(),
    });
  });

  return app;
}
