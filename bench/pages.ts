import { parseArgs } from 'node:util';

import type { Client as TemporalClient } from '@temporalio/client';
import { pino } from 'pino';
import { createPool, type DatabasePool, sql } from 'slonik';

import { createApp } from '../api/app.ts';
import { prepareRun } from '../commands/runs/prepare.ts';
import { openDatabase } from '../db/database.ts';
import { insertRun } from '../db/runs/runs.ts';
import { onDemandRunId } from '../domain/ids.ts';
import { RETURN_WINDOWS_DEFAULT } from '../domain/payouts/attempt.ts';
import { VAULT } from './company.ts';
import { addressesOf } from './page-addresses.ts';
import { type Books, seedBooks, write } from './seed-books.ts';
import { seedPages } from './seed-pages.ts';
import { withServer } from './server.ts';

/**
 * Renders every page with large books, again and again, and says how many queries it makes and how long it takes. A file is timed until
 * its first bytes, because it has as many rows as the books. Ends with 1 where a page is over a ceiling.
 * With `--limited` the reader's roles reach one payer, so row-level security stands before each query; pages of the whole company, and things out of reach, are left out.
 * Run: `npm run bench:pages -- --payouts 100000 --only /reports`.
 */

const { values } = parseArgs({
  options: {
    payouts: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '11' },
    ms: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    limited: { type: 'boolean', default: false },
  },
});
const [PAYOUTS, ROUNDS, MEDIAN_MS_MAX] = [values.payouts, values.rounds, values.ms].map(Number) as [
  number,
  number,
  number,
];
const QUERIES_MAX = 25;
const [MIDDLE, NINETY_FIVE] = [0.5, 0.95];

type Page = { address: string; bytes: number; queries: number; medianMs: number; p95Ms: number };

await withServer('bench-pages', async ({ newDatabase }) => {
  const url = await newDatabase();
  let queries = 0;
  const db = await openDatabase(url, { onQuery: () => (queries += 1) });
  const owner = await createPool(url, { statementTimeout: 'DISABLE_TIMEOUT', captureStackTrace: false });
  try {
    const books = await seedBooks(db, owner, PAYOUTS);
    await addReview(db, books);
    const cookies = await seedPages(db, owner, books, books.paidId);
    if (values.limited) await limitReader(owner);
    const app = openPages(db);
    const pages: Page[] = [];
    for (const [route, address] of await addressesOf(db, books.paidId)) {
      if (!address.startsWith(values.only)) continue;
      const cookie = route.startsWith('GET /portal') ? cookies.partner : cookies.staff;
      const ask = async () => app.request(address, { headers: { cookie } });
      const countQueries = () => {
        const counted = queries;
        queries = 0;
        return counted;
      };
      if (values.limited && [403, 404].includes((await ask()).status)) continue;
      const page = await measure(address, ask, countQueries);
      console.error(`${page.address} ${page.medianMs.toFixed(1)} ms ${page.queries}`);
      pages.push(page);
    }
    report(pages);
  } finally {
    await Promise.all([db.end(), owner.end()]);
  }
});

/** Limits the roles of the reader to the payer of the books. */
async function limitReader(owner: DatabasePool): Promise<void> {
  const reader = sql.fragment`actor_id = (select id from actor where code = 'staff')`;
  await write(owner, [
    sql.unsafe`delete from role_grant where role = 'auditor' and ${reader}`,
    sql.unsafe`update role_grant set payer_ids = array[(select id from payer)] where ${reader}`,
  ]);
}

/** A run of every partner, which waits for its approval. */
async function addReview(db: DatabasePool, { scheduleId, by, next }: Books): Promise<void> {
  const id = onDemandRunId('bench', 'next');
  const cutoffAtMs = Date.parse(next.periodEnd);
  await insertRun(db, {
    id,
    scheduleId,
    kind: 'on_demand',
    ...next,
    redo: 0,
    cutoffAtMs,
    payOn: next.periodEnd,
    preparerId: by,
  });
  await prepareRun(db, id);
}

/** The pages, without a port and without Temporal, which no page that only reads asks. */
function openPages(db: DatabasePool) {
  return createApp({
    db,
    temporal: {} as TemporalClient,
    vault: VAULT,
    webhookReaders: {} as never,
    settings: { publicUrl: 'http://127.0.0.1', coolingOffDays: 0, returnWindows: RETURN_WINDOWS_DEFAULT },
    log: pino({ level: 'error' }),
  });
}

type Opened = { ms: number; queries: number; bytes: number };

/** Opens a page once to warm up, and then in every round. */
async function measure(address: string, ask: () => Promise<Response>, countQueries: () => number): Promise<Page> {
  const first = await openOnce(address, ask, countQueries, true);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push((await openOnce(address, ask, countQueries)).ms);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0;
  return { address, bytes: first.bytes, queries: first.queries, medianMs: at(MIDDLE), p95Ms: at(NINETY_FIVE) };
}

/** Opens a page until its first bytes, and reads the rest of it where its size is asked for. */
async function openOnce(
  address: string,
  ask: () => Promise<Response>,
  countQueries: () => number,
  isWhole = false,
): Promise<Opened> {
  countQueries();
  const start = performance.now();
  const response = await ask();
  const reader = response.body?.getReader();
  let part = await reader?.read();
  const opened = { ms: performance.now() - start, queries: countQueries() };
  if (response.status !== 200 && response.status !== 303) {
    console.error(`${address} answers ${response.status}`);
    process.exitCode = 1;
  }
  let bytes = part?.value?.length ?? 0;
  if (!isWhole) await reader?.cancel();
  else while ((part = await reader?.read())?.value) bytes += part.value.length;
  return { ...opened, bytes };
}

/** One table, the slowest page first. */
function report(pages: readonly Page[]): void {
  print('page', 'bytes', 'queries', 'median ms', 'p95 ms');
  print('ceiling', '', String(QUERIES_MAX), String(MEDIAN_MS_MAX), '');
  for (const { address, bytes, queries, medianMs, p95Ms } of pages.toSorted((a, b) => b.medianMs - a.medianMs))
    print(address, String(bytes), String(queries), medianMs.toFixed(1), p95Ms.toFixed(1));
  const over = pages.filter(({ queries, medianMs }) => queries > QUERIES_MAX || medianMs > MEDIAN_MS_MAX);
  console.log(`${pages.length} pages, ${over.length} over a ceiling`);
  if (over.length > 0) process.exitCode = 1;
}

function print(page: string, ...figures: readonly string[]): void {
  console.log(page.padEnd(90) + figures.map((figure) => figure.padStart(11)).join(''));
}
