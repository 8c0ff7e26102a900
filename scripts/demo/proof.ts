import type { Client } from '@temporalio/client';

import { listBalances } from '../../db/books/ledger.ts';
import { listBreaks } from '../../db/books/reconciliation.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { type Money, money, parseDecimal } from '../../domain/money.ts';
import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { reconciliationWorkflowId } from '../../temporal/messages.ts';
import { startReconciliation } from '../../temporal/starts.ts';
import type { PortName } from '../stack/ports.ts';
import type { Deployment } from './deployment.ts';

/** The days from an instant until now, in UTC, and one more on either side: days of statements are local to a payer's zone. */
export function daysSince(fromMs: number): string[] {
  const first = Math.floor(fromMs / DAY_MS) - 1;
  const last = Math.floor(Date.now() / DAY_MS) + 1;
  return Array.from({ length: last - first + 1 }, (_, index) =>
    new Date((first + index) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length),
  );
}

export type Reconciled = { gateway: GatewayName; lines: number; breaks: number };

/**
 * Compares every gateway's statements with the ledger, as the nightly Schedule does, and counts the breaks that are open after the last
 * day. The days follow each other: a later one that is read first would let an earlier one miss the payments of a day between them. None of
 * them is over, so a payment of today may be on the statement of the next day, where the bank is in another zone.
 */
export async function reconcile(
  { temporal, db }: Pick<Deployment, 'temporal' | 'db'>,
  days: readonly string[],
): Promise<Reconciled[]> {
  const read = await Promise.all(
    GATEWAYS.map(async (gateway) => {
      let lines = 0;
      for (const day of days) lines += await reconcileDay(temporal, gateway, day);
      return { gateway, lines };
    }),
  );
  const open = await listBreaks(db, 0n, BREAKS_MAX);
  return read.map((one) => ({ ...one, breaks: open.filter(({ gateway }) => gateway === one.gateway).length }));
}

const BREAKS_MAX = 1_000;

/** Reads the statements of a day, and returns how many lines they have. */
async function reconcileDay(temporal: Client, gateway: GatewayName, day: string): Promise<number> {
  await startReconciliation(temporal, gateway, day);
  const handle = temporal.workflow.getHandle(reconciliationWorkflowId(gateway, day));
  return ((await handle.result()) as { lines: number }).lines;
}

/** The provider whose books cover each gateway. Lob moves no money: the bank pays its checks. */
const BOOKS = {
  wise: ['wise'],
  paypal: ['paypal'],
  bank: ['lob', 'printed-check'],
} as const satisfies Partial<Record<PortName, readonly GatewayName[]>>;

type Keeper = keyof typeof BOOKS;
const KEEPERS = Object.keys(BOOKS) as Keeper[];

/** The money that left our balance at a provider, minus the money that came back: by our ledger, and by the provider's own books. */
export type Comparison = { keeper: Keeper; ledger: Money; books: Money; difference: Money };

const booksUrl = ({ stack }: Deployment, keeper: Keeper): string => `http://127.0.0.1:${stack.ports[keeper]}`;

export async function compareBooks(deployment: Deployment): Promise<Comparison[]> {
  const ledger = await readLedger(deployment);
  const compared: Comparison[] = [];
  for (const keeper of KEEPERS) {
    const books = await readBooks(booksUrl(deployment, keeper));
    const ours = ledger.get(keeper) ?? new Map<CurrencyCode, bigint>();
    for (const currency of new Set([...books.keys(), ...ours.keys()])) {
      const [left, right] = [ours.get(currency) ?? 0n, books.get(currency) ?? 0n];
      compared.push({
        keeper,
        ledger: money(left, currency),
        books: money(right, currency),
        difference: money(left - right, currency),
      });
    }
  }
  return compared;
}

type Sums = Map<CurrencyCode, bigint>;

/** Cash is our account at each gateway. A credit to it is money that left. */
async function readLedger({ db }: Deployment): Promise<Map<Keeper, Sums>> {
  const sums = new Map<Keeper, Sums>(KEEPERS.map((keeper) => [keeper, new Map()]));
  for (const { code, currency, minor } of await listBalances(db, 'cash:')) {
    const gateway = code.split(':')[1];
    const keeper = KEEPERS.find((name) => BOOKS[name].some((one) => one === gateway));
    const own = keeper && sums.get(keeper);
    own?.set(currency, (own.get(currency) ?? 0n) - minor);
  }
  return sums;
}

type Totals = Partial<Record<CurrencyCode, { paid: string; returned: string; fee: string }>>;

async function readBooks(url: string): Promise<Sums> {
  const response = await fetch(`${url}/sandbox/books`);
  const { totals } = (await response.json()) as { totals: Totals };
  return new Map(
    Object.entries(totals).map(([name, { paid, returned, fee }]) => {
      const currency = name as CurrencyCode;
      const [out, back, cost] = [paid, returned, fee].map((text) => parseDecimal(text, currency).minor);
      return [currency, (out ?? 0n) - (back ?? 0n) + (cost ?? 0n)];
    }),
  );
}

/** The addresses of the providers' books, which serve as evidence for the invariants. */
export const bookUrls = (deployment: Deployment): string[] => KEEPERS.map((keeper) => booksUrl(deployment, keeper));
