import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';

import { DAY_MS } from '../../domain/durations.ts';

/**
 * Computes the expected report of a replay a second time, without any of the product's code: with other arithmetic, other
 * date handling and another CSV reader. It knows only the rules of `examples/olist/README.md`.
 */
export type Rows = Record<string, string>[];
export type Recomputed = { payouts: Rows; outcomes: Rows };

export type Given = {
  data: string;
  program: {
    schedule: { minimum: string };
    plan: { terms: { holdDays: number; incentives: { pay: { percent: string } }[] } };
    partners: { methods: Record<string, string> };
  };
  months: readonly string[];
  /** The final state of every payout. */
  state: string;
};

export const readRows = (file: string): Rows => parse(readFileSync(file), { columns: true, bom: true });

type Line = { seller: string; cents: bigint; freeOn: string };

export function recompute({ data, program, months, state }: Given): Recomputed {
  const items = readRows(join(data, 'order_items.csv'));
  const orders = new Map(readRows(join(data, 'orders.csv')).map((order) => [order['order_id'], order]));
  const unpaid = items.flatMap((item) => lineOf(item, orders.get(item['order_id'] ?? ''), program.plan.terms));
  const named = [...readRows(join(data, 'sellers.csv')), ...items].map(({ seller_id = '' }) => seller_id);
  const sellers = [...new Set(named)].filter((seller) => seller !== '').toSorted();
  const report: Recomputed = { payouts: [], outcomes: [] };
  for (const month of months) {
    const free = unpaid.filter(({ freeOn }) => freeOn <= `${month}-31`);
    for (const seller of sellers) {
      const due = free.filter((line) => line.seller === seller).reduce((sum, { cents }) => sum + cents, 0n);
      const method = Object.entries(program.partners.methods).find(([, digits]) =>
        digits.includes(seller.charAt(0)),
      )?.[0];
      const outcome = outcomeOf(due, method, centsOf(program.schedule.minimum));
      const carried = outcome === 'paid' ? '0.00' : print(due);
      report.outcomes.push({ month, seller_id: seller, outcome, carried });
      if (outcome !== 'paid' || !method) continue;
      report.payouts.push({ month, seller_id: seller, method, currency: 'BRL', amount: print(due), state });
      for (const line of free) if (line.seller === seller) unpaid.splice(unpaid.indexOf(line), 1);
    }
  }
  return report;
}

function outcomeOf(due: bigint, method: string | undefined, minimum: bigint): string {
  if (due === 0n) return 'nothing_due';
  if (!method) return 'no_instrument';
  return due < minimum ? 'below_minimum' : 'paid';
}

/** The earning of one item, and the day on which it is free; nothing for an unreadable row or a refunded sale. */
function lineOf(
  item: Record<string, string>,
  order: Record<string, string> | undefined,
  terms: Given['program']['plan']['terms'],
): Line[] {
  const { seller_id: seller = '', price = '', freight_value: freight = '' } = item;
  const [, month, day, year] =
    /^(\d+)\/(\d+)\/(\d+) /.exec(order?.['order_purchase_timestamp'] || item['shipping_limit_date'] || '') ?? [];
  const isReadable =
    seller !== '' && [price, freight].every((text) => /^\d+(\.\d{1,2})?$/.test(text)) && Number(month) <= 12;
  if (!isReadable || ['canceled', 'unavailable'].includes(order?.['order_status'] ?? '')) return [];
  const [share, ofFreight] = terms.incentives.map(({ pay }) => pay.percent);
  const freeOn = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)) + terms.holdDays * DAY_MS);
  const cents = percentOf(centsOf(price), share ?? '0') + percentOf(centsOf(freight), ofFreight ?? '0');
  return [{ seller, cents, freeOn: freeOn.toISOString().slice(0, 10) }];
}

const centsOf = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
};

/** Rounds half to even: doubles, truncates, and corrects a remainder above one half, or a half after an odd number. */
function percentOf(cents: bigint, percent: string): bigint {
  const [whole = '0', fraction = ''] = percent.split('.');
  const below = 100n * 10n ** BigInt(fraction.length);
  const above = cents * BigInt(whole + fraction);
  const rest = (above % below) * 2n;
  const cut = above / below;
  return rest > below || (rest === below && cut % 2n === 1n) ? cut + 1n : cut;
}

const print = (cents: bigint): string => {
  const digits = String(cents).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
