import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Client } from 'pg';
import type { DatabasePool } from 'slonik';

import { createAccrualActivities } from '../activities/earnings/accrual.ts';
import { openDatabase } from '../db/database.ts';
import type { NewEvent } from '../db/earnings/event-rows.ts';
import { insertEvents } from '../db/earnings/events.ts';
import { SHARDS } from '../domain/earnings/shard.ts';
import { eventHash, toEvent } from '../domain/event.ts';
import { IncentiveTerms } from '../domain/programs/incentives/index.ts';
import { addCompany, addSellers } from './company.ts';
import { median } from './median.ts';
import { withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures how many events per second become earnings, totals, lines and journals by five incentives, two of which count in windows. It
 * also measures the limit of this machine: the time in which the same database sums the same events by partner and copies the same
 * earnings and lines, as finished rows of a file of its own, into tables like ours. The two alternate, and the medians count. The first
 * and the last round show whether it costs more when more events are there. Run: `npm run bench -- accrual --events 200000 --rounds 8`.
 */

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '8' },
    partners: { type: 'string', default: '1000' },
  },
});
const [EVENTS, ROUNDS, PARTNERS] = [values.events, values.rounds, values.partners].map(Number) as [
  number,
  number,
  number,
];
const EVENTS_A_ROUND = Math.ceil(EVENTS / ROUNDS);
const INSERTED_AT_ONCE = 1000;
/** A worker does so many activities at once as there are cores; more shares wait. */
const AT_ONCE = 2;
const FIRST_MS = Date.parse('2026-01-01T00:00:00Z');
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

const steps = (mode: string, more: object) => ({
  unit: 'USD',
  pay: {
    rule: 'steps',
    mode,
    steps: [
      { from: '0', percent: '3' },
      { from: '2000', percent: '5' },
      { from: '10000', percent: '6.5' },
    ],
  },
  ...more,
});
const INCENTIVES = [
  { id: 'commission', pay: { rule: 'percent', percent: '7.5' } },
  { id: 'freight', measure: 'freight', pay: { rule: 'percent', percent: '100' } },
  { id: 'bonus', pay: { rule: 'flat', amount: '0.50' }, unit: 'USD' },
  steps('marginal', { id: 'monthly', window: 'month' }),
  steps('cliff', { id: 'quarterly', window: 'quarter' }),
].map((terms) => IncentiveTerms.parse(terms));

/** The last batch and event that were copied already. */
let seen = { batch: 0, event: 0 };

/** The server may run under an account of its own, and writes the files of the copies here. */
const open = await mkdtemp(join(tmpdir(), 'bursar-copy-'));
await chmod(open, 0o777);
try {
  await withServer('bench', async ({ newDatabase }) => measure(await newDatabase()));
} finally {
  await rm(open, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const db = await openDatabase(url);
  const { by, programId } = await addCompany(db, { incentives: INCENTIVES });
  const partnerIds = await addSellers(db, by, PARTNERS);
  // The role of the product may create no table.
  const admin = new Client({ connectionString: url });
  await admin.connect();
  admin.on('error', () => undefined); // the server ends first
  await admin.query(`
    create table copied_earning (like earning including defaults including indexes);
    create table copied_line (like earning_line including defaults including indexes)`);
  const [accruals, copies]: [number[], number[]] = [[], []];
  let rssMax = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await send(db, round, { by, programId, partnerIds });
    accruals.push((await timed(() => accrueAll(db))).ms);
    copies.push(await copyRound(admin, round));
    rssMax = Math.max(rssMax, process.memoryUsage().rss);
  }
  const [rate, ceiling] = [EVENTS_A_ROUND / median(accruals), EVENTS_A_ROUND / median(copies)];
  report('accrual: five earnings, totals, line, journal', rate);
  report('ceiling: sums, and COPY of earnings and lines', ceiling);
  const each = accruals.map((ms) => Math.round((ms * 1000) / EVENTS_A_ROUND));
  console.log(`ratio ${(rate / ceiling).toFixed(3)}; µs an event by round: ${each.join(' ')}`);
  console.log(`memory: at most ${Math.round(rssMax / 2 ** 20)} MB after a round`);
  await admin.end();
  await db.end();
}

type Sender = { by: string; programId: number; partnerIds: readonly bigint[] };

/** Sends the events of a round in the order in which they happened. The rounds together are a year. */
async function send(db: DatabasePool, round: number, sender: Sender): Promise<void> {
  for (let start = 0; start < EVENTS_A_ROUND; start += INSERTED_AT_ONCE)
    await insertEvents(
      db,
      Array.from({ length: Math.min(INSERTED_AT_ONCE, EVENTS_A_ROUND - start) }, (_none, index) =>
        eventAt(round * EVENTS_A_ROUND + start + index, sender),
      ),
    );
}

function eventAt(index: number, { by, programId, partnerIds }: Sender): NewEvent {
  const event = toEvent({
    source: 'bench',
    id: String(index),
    program: 'bench',
    partner: `p${index % PARTNERS}`,
    kind: 'sale',
    occurredAt: new Date(FIRST_MS + Math.floor((index / (EVENTS_A_ROUND * ROUNDS)) * YEAR_MS)).toISOString(),
    currency: 'USD',
    amount: `${100 + (index % 997)}.37`,
    amounts: { freight: `8.${10 + (index % 90)}` },
  });
  return { event, hash: eventHash(event), partnerId: partnerIds[index % PARTNERS] ?? 0n, programId, sentBy: by };
}

/** Works out every share, as many at once as a worker does. */
async function accrueAll(db: DatabasePool): Promise<void> {
  const { accruePage } = createAccrualActivities({ db });
  const shares = Array.from({ length: SHARDS }, (_none, shard) => shard);
  const work = async () => {
    for (let shard = shares.shift(); shard !== undefined; shard = shares.shift())
      while ((await accruePage({ program: 'bench', shard })) > 0);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Sums the events of the last round by partner, and copies its earnings and lines from files of the database server. */
async function copyRound(admin: Client, round: number): Promise<number> {
  const { batch, event } = seen;
  const [earnings, lines] = [join(open, `${round}.earnings`), join(open, `${round}.lines`)];
  await admin.query('truncate copied_earning, copied_line');
  await admin.query(`copy (select * from earning where batch_id > ${batch}) to '${earnings}'`);
  await admin.query(`copy (select * from earning_line where batch_id > ${batch}) to '${lines}'`);
  const { ms } = await timed(async () => {
    await admin.query(
      `select partner_id, count(*), sum(amount_minor) from event where id > ${event} group by partner_id`,
    );
    await admin.query(`copy copied_earning from '${earnings}'`);
    await admin.query(`copy copied_line from '${lines}'`);
  });
  const last = await admin.query<{ batch: number; event: number }>(
    'select (select max(id) from accrual_batch)::int as batch, (select max(id) from event)::int as event',
  );
  seen = last.rows[0] ?? seen;
  return ms;
}

function report(what: string, eventsPerMs: number): void {
  console.log(`${what.padEnd(50)} ${Math.round(eventsPerMs * 1000).toLocaleString('en')} a second`);
}
