import { countIncidentReasons, listIncidents, sumIncidents } from '../../db/books/incidents.ts';
import type { Database } from '../../db/database.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { formatDecimal, money } from '../../domain/money.ts';

const REASONS_MAX = 10;
const ITEMS_MAX = 30;

/** The incidents that a notice tells: totals by method and currency, reasons with counts, and the largest of them with their links. */
export async function readIncidents(db: Database, key: string) {
  const totals = await sumIncidents(db, key);
  const items = await listIncidents(db, key, ITEMS_MAX);
  const count = totals.reduce((sum, row) => sum + row.count, 0);
  return {
    totals: totals.map(({ what, method, currency, count: number, minor }) => ({
      what,
      method,
      currency: currency ?? '',
      count: number,
      amount: say(minor, currency),
    })),
    reasons: [...(await countIncidentReasons(db, key, REASONS_MAX))],
    items: items.map(({ what, partner, payoutId, subject, currency, minor, isOver }) => ({
      what,
      whose: partner ?? subject ?? '',
      amount: say(minor, currency),
      currency: currency ?? '',
      path: payoutId === null ? null : `/payouts/${payoutId}`,
      isOver,
    })),
    more: count - items.length,
  };
}

const say = (minor: bigint, currency: CurrencyCode | null): string =>
  currency === null ? '' : formatDecimal(money(minor, currency));
