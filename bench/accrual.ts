import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { type DatabasePool, sql } from 'slonik';

import { createAccrualActivities } from '../activities/earnings/accrual.ts';
import { SHARDS } from '../domain/earnings/shard.ts';
import { openDatabase } from '../db/database.ts';
import { insertEvents, type NewEvent } from '../db/earnings/events.ts';
import { migrate } from '../db/migrate.ts';
import { addPartners } from '../commands/partners/partners.ts';
import { eventHash, toEvent, type WireEvent } from '../domain/event.ts';
import { createDatabase, removePostgres, startPostgres } from '../scripts/stack/postgres.ts';
import { freePort } from '../scripts/stack/ports.ts';
import { addCompany, VAULT } from './company.ts';
import { timed } from './timed.ts';

/**
 * Measures how many events per second become earnings, lines and journals. It also measures the limit of this machine: the time
 * in which the same database inserts the same number of rows into one table, one page for each transaction. Run:
 * `npm run bench -- --events 20000`.
 */

const { values } = parseArgs({
  options: { events: { type: 'string', default: '20000' }, partners: { type: 'string', default: '200' } },
});
const EVENTS = Number(values.events);
const PARTNERS = Number(values.partners);
const PAGE = 500;

const folder = resolve('.data/bench');
await mkdir(folder, { recursive: true });
const server = await startPostgres({ folder, port: await freePort(), isDurable: true });
try {
  await createDatabase(server.url, 'bench');
  const url = new URL('/bench', server.url).href;
  await migrate(url);
  const db = await openDatabase(url);
  const events = await prepare(db);
  report('intake: event and due row', EVENTS, await timed(() => inPages(events, (page) => insertEvents(db, page))));
  const { accruePage } = createAccrualActivities({ db });
  report(
    'accrual: earning, line, journal of two entries',
    EVENTS,
    await timed(async () => {
      for (let shard = 0; shard < SHARDS; shard += 1) await untilDry(() => accruePage({ program: 'bench', shard }));
    }),
  );
  report('ceiling: one plain row each', EVENTS, await timed(() => inPages(events, (page) => insertPlain(db, page))));
  await db.end();
} finally {
  await server.stop();
  removePostgres(folder);
  await rm(folder, { recursive: true, force: true });
}

/** A program with partners, and events on 28 days. Their amounts and order depend only on their number. */
async function prepare(db: DatabasePool): Promise<NewEvent[]> {
  const { by, programId } = await addCompany(db);
  const codes = Array.from({ length: PARTNERS }, (_, index) => `p${index}`);
  const partners = await addPartners(
    db,
    VAULT,
    codes.map((code) => ({
      code,
      name: code,
      kind: 'reseller',
      email: null,
      country: 'US',
      agreements: [{ program: 'bench', plan: 'bench', startsOn: '2020-01-01', endsOn: null }],
      destination: null,
    })),
    { coolingOffDays: 0, by, givenBy: 'company' },
  );
  return Array.from({ length: EVENTS }, (_, index) => {
    const partner = partners[index % PARTNERS];
    if (!partner) throw new RangeError('give at least one partner');
    const wire: WireEvent = {
      source: 'bench',
      id: String(index),
      program: 'bench',
      partner: partner.code,
      kind: 'sale',
      occurredAt: `2026-02-${String((index % 28) + 1).padStart(2, '0')}T12:00:00Z`,
      currency: 'USD',
      amount: `${100 + (index % 997)}.37`,
    };
    const event = toEvent(wire);
    return { event, hash: eventHash(event), partnerId: partner.id, programId, sentBy: by };
  });
}

async function inPages(
  events: readonly NewEvent[],
  work: (page: readonly NewEvent[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < events.length; start += PAGE) await work(events.slice(start, start + PAGE));
}

async function untilDry(page: () => Promise<number>): Promise<void> {
  while ((await page()) > 0);
}

/** The minimum for an event: its key, partner and amount, in a table that exists anyway. */
function insertPlain(db: DatabasePool, page: readonly NewEvent[]): Promise<unknown> {
  return db.query(sql.unsafe`
    insert into alarm(kind, subject, detail)
    select * from ${sql.unnest(
      page.map(({ event }) => ['bench', event.id, String(event.minor)]),
      ['text', 'text', 'text'],
    )}`);
}

function report(what: string, count: number, { ms }: { ms: number }): void {
  console.log(`${what.padEnd(50)} ${Math.round((count * 1000) / ms).toLocaleString('en')} a second`);
}
