import { parseArgs } from 'node:util';

import { createPool, type DatabasePool, sql } from 'slonik';
import { z } from 'zod';

import { createReconciliationActivities } from '../activities/books/reconciliation.ts';
import { prepareRun } from '../commands/runs/prepare.ts';
import { redrawRun } from '../commands/runs/redraw.ts';
import { askInvariants } from '../db/books/invariants.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { listPayouts, type PayoutFilter } from '../db/payouts/pages.ts';
import { insertRun, readRunProgress } from '../db/runs/runs.ts';
import { onDemandRunId } from '../domain/ids.ts';
import type { Gateways, StatementLine } from '../gateways/gateway.ts';
import { VAULT } from './company.ts';
import { type Books, seedBooks } from './seed-books.ts';
import { withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures what large books cost: pages of payouts, each next to a bare select in the order of the key; a look at a run that is being
 * paid; the first reconciliation of a day; the redraw of a run in review; and every invariant. A tenth of the payouts is in each run.
 * Run: `npm run bench:books -- --payouts 1000000`.
 */

const { values } = parseArgs({ options: { payouts: { type: 'string', default: '100000' } } });
const payouts = Number(values.payouts);
const PAGE = 51;
const ROUNDS = 21;
const SLOWEST = 3;

await withServer('bench-books', async ({ newDatabase }) => {
  const url = await newDatabase();
  const db = await openDatabase(url);
  const owner = await createPool(url, { statementTimeout: 'DISABLE_TIMEOUT', captureStackTrace: false });
  try {
    const seeding = await timed(() => seedBooks(db, owner, payouts));
    print(`${payouts.toLocaleString('en')} payouts written`, seeding.ms);
    await measure(db, owner, seeding.value);
  } finally {
    await Promise.all([db.end(), owner.end()]);
  }
});

async function measure(db: DatabasePool, owner: DatabasePool, books: Books): Promise<void> {
  await measurePages(db, 'of all payouts', {});
  await measurePages(db, 'of the payouts of a run', { runId: books.paidId });
  print('a look at a run of which nothing is paid yet', await median(() => readRunProgress(db, books.payingId)));
  await measureReconciliation(db, books);
  await measureReview(db, owner, books);
  await measureInvariants(db);
}

/** The first page and one in the middle, through the query of the API and through a bare select. */
async function measurePages(db: DatabasePool, what: string, filter: PayoutFilter): Promise<void> {
  const only = sql.fragment`${filter.runId ?? null}::uuid is null or run_id = ${filter.runId ?? null}::uuid`;
  const middle = await db.oneFirst(sql.type(z.strictObject({ id: z.string() }))`
    select id from payout where ${only} order by id offset (select count(*) / 2 from payout where ${only}) limit 1`);
  for (const [where, after] of [
    ['the first page', null],
    ['a page in the middle', middle],
  ] as const) {
    const bare = () =>
      db.any(sql.unsafe`
        select * from payout where (${only}) and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${PAGE}`);
    print(`${where} ${what}`, await median(() => listPayouts(db, filter, after, PAGE)), await median(bare));
  }
}

/** The whole activity, in which a provider states a line for each payment of the last run that was paid. */
async function measureReconciliation(db: DatabasePool, { paidId, day }: Books): Promise<void> {
  const references = await db.anyFirst(sql.type(z.strictObject({ reference: z.string() }))`
    select provider_ref as reference from payout_attempt attempt join payout on payout.id = attempt.payout_id where run_id = ${paidId}`);
  const lines = references.map((reference): StatementLine => ({
    id: `line-${reference}`,
    kind: 'payout',
    amount: { minor: -1000n, currency: 'USD' },
    occurredAt: new Date(`${day}T12:00:00Z`),
    reference,
    key: null,
  }));
  const gateways = { wise: { statement: async () => lines } } as unknown as Gateways;
  const activities = createReconciliationActivities({ db, gateways, vault: VAULT });
  const reconcile = () => activities.reconcileDay('wise', day);
  const title = `of a day of ${lines.length.toLocaleString('en')} lines`;
  const first = await timed(reconcile);
  if (first.value.lines !== lines.length || first.value.breaks > 0)
    throw new Error(`The day has breaks: ${JSON.stringify(first.value)}`);
  print(`the first reconciliation ${title}`, first.ms);
  print(`the second reconciliation ${title}`, (await timed(reconcile)).ms);
}

/** Drafts a run of every partner, and then measures what each minute of its review costs while nothing changes. */
async function measureReview(db: DatabasePool, owner: DatabasePool, { scheduleId, by, next }: Books): Promise<void> {
  const id = onDemandRunId('bench', 'next');
  await insertRun(db, {
    id,
    scheduleId,
    kind: 'on_demand',
    ...next,
    redo: 0,
    cutoffAtMs: Date.parse(next.periodEnd),
    payOn: next.periodEnd,
    preparerId: by,
  });
  print('the draft of a run of every partner', (await timed(() => prepareRun(db, id))).ms);
  print('the first redraw of that run', (await timed(() => redrawRun(db, id))).ms);
  await owner.query(sql.unsafe`analyze`);
  print('a later redraw of that run', (await timed(() => redrawRun(db, id))).ms);
  const hands = () => db.any(sql.unsafe`select * from run_hands(${id})`);
  print('the people who had a hand in it', (await timed(hands)).ms);
}

async function measureInvariants(db: Database): Promise<void> {
  const { ms, value: answers } = await timed(() => askInvariants(db, { grace: '1 day' }));
  const broken = answers.filter(({ culprits }) => culprits.length > 0);
  if (broken.length > 0) throw new Error(`The books that this wrote are broken: ${JSON.stringify(broken)}`);
  print(`all ${answers.length} invariants`, ms);
  for (const { name, ms: slow } of answers.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)) print(`  ${name}`, slow);
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push((await timed(work)).ms);
  return rounds.toSorted((a, b) => a - b)[(ROUNDS - 1) / 2] ?? 0;
}

function print(what: string, ms: number, bare?: number): void {
  const [number, unit] = ms < 1000 ? [ms.toFixed(1), 'ms'] : [(ms / 1000).toFixed(1), 's '];
  const limit = bare === undefined ? '' : ` (bare select ${bare.toFixed(1)} ms)`;
  console.log(`${what.padEnd(60)}${number.padStart(8)} ${unit}${limit}`);
}
