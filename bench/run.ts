import { parseArgs } from 'node:util';

import { createPool, type DatabasePool, sql } from 'slonik';

import { addCompany, type Company } from './company.ts';
import { cancelRun } from '../commands/runs/changes.ts';
import { decideRun } from '../commands/runs/decide.ts';
import { beginDisbursing } from '../commands/runs/disburse.ts';
import { prepareRun } from '../commands/runs/prepare.ts';
import { openDatabase } from '../db/database.ts';
import { getRun, insertRun } from '../db/runs/runs.ts';
import { onDemandRunId } from '../domain/ids.ts';
import { withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures how long it takes to draft, reject, cancel, approve and begin to pay a run, with five lines for each partner. It also
 * measures the limits of this machine: one aggregate over the lines, and plain copies of as many rows. One connection drafts a run of
 * ten partners first, so that it knows plans for small tables, and no table is analysed in between.
 * Run: `npm run bench:run -- --partners 1000,10000,100000`.
 */

const { values } = parseArgs({ options: { partners: { type: 'string', default: '1000,10000' } } });
const LINES = 5;
const SMALL = 10;
const SECONDS = [
  'draft',
  'reject',
  'draft again',
  'cancel',
  'draft last',
  'approve',
  'begin to pay',
  'aggregate',
  'copy',
] as const;
type Seconds = Record<(typeof SECONDS)[number], number>;

await withServer('bench-run', async ({ newDatabase }) => {
  console.log(['partners', ...SECONDS].map((title) => title.padStart(12)).join(''));
  for (const partners of values.partners.split(',').map(Number)) {
    const seconds = await measure(await newDatabase(), partners);
    const cells = SECONDS.map((title) => seconds[title].toFixed(2));
    console.log([partners.toLocaleString('en'), ...cells].map((cell) => cell.padStart(12)).join(''));
  }
});

async function measure(url: string, partners: number): Promise<Seconds> {
  const db = await openDatabase(url, { poolSize: 1 });
  const owner = await createPool(url, { statementTimeout: 'DISABLE_TIMEOUT', captureStackTrace: false });
  try {
    const company = await addCompany(db);
    await addPartners(owner, company, SMALL);
    await runThrough(db, company, 'small', 'reject');
    await addPartners(owner, company, partners - SMALL);
    const first = await runThrough(db, company, 'first', 'reject');
    const second = await runThrough(db, company, 'second', 'cancel');
    const last = await runThrough(db, company, 'last', 'approve');
    return {
      draft: first.draft,
      reject: first.end,
      'draft again': second.draft,
      cancel: second.end,
      'draft last': last.draft,
      approve: last.end,
      'begin to pay': await inSeconds(() => beginDisbursing(db, last.id)),
      aggregate: await inSeconds(() =>
        owner.query(sql.unsafe`
          create table plain_payout as
          select partner_id, currency, sum(amount_minor) as gross_minor from earning_line group by partner_id, currency`),
      ),
      copy: await inSeconds(() =>
        owner.query(sql.unsafe`create table plain_line as select * from payout_line where payout_id is not null`),
      ),
    };
  } finally {
    await db.end();
    await owner.end();
  }
}

/** Partners with an agreement, an instrument and five lines each, as the product would have written them one by one. */
async function addPartners(owner: DatabasePool, { programId, by }: Company, count: number): Promise<void> {
  await owner.transaction(async (tx) => {
    await tx.query(sql.unsafe`set local session_replication_role = replica`);
    await tx.query(sql.unsafe`
      create temporary table added on commit drop as
      select nextval(pg_get_serial_sequence('partner', 'id')) as id from generate_series(1, ${count})`);
    await tx.query(sql.unsafe`
      insert into partner(id, code, name, kind, country) overriding system value select id, 'p' || id, 'Partner', 'reseller', 'US' from added`);
    await tx.query(sql.unsafe`
      insert into agreement_term(partner_id, program_id, plan_id, starts_on)
      select added.id, ${programId}, plan.id, '2020-01-01' from added, plan`);
    await tx.query(sql.unsafe`
      insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, created_by, usable_from)
      select id, 'bank', 'US', '', 'bench', '', '6789', ${by}, '2020-01-01' from added`);
    await tx.query(sql.unsafe`
      insert into accrual_batch(program_id, event_count) select ${programId}, 1 from generate_series(1, ${LINES})`);
    await tx.query(sql.unsafe`
      insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
      select added.id, ${programId}, 'earned', batch.id, 'USD', 1000, 1, '2026-01-15'
      from added, (select id from accrual_batch order by id desc limit ${LINES}) batch`);
  });
}

/** Drafts one run and ends its review. Returns the seconds of both. */
async function runThrough(db: DatabasePool, company: Company, key: string, how: 'reject' | 'cancel' | 'approve') {
  const id = onDemandRunId('bench', key);
  await insertRun(db, {
    id,
    scheduleId: company.scheduleId,
    kind: 'on_demand',
    periodStart: '2026-01-01',
    periodEnd: '2026-02-01',
    redo: 0,
    cutoffAtMs: Date.parse('2026-02-01T00:00:00Z'),
    payOn: '2026-02-01',
    preparerId: null,
  });
  const draft = await inSeconds(() => prepareRun(db, id));
  const { contentHash } = await getRun(db, id);
  const end = await inSeconds(() =>
    how === 'cancel'
      ? cancelRun(db, { runId: id, actorId: company.by, reason: 'measured' })
      : decideRun(db, id, { by: company.approver, decision: how, contentHash: contentHash ?? '', noteId: null }),
  );
  return { id, draft, end };
}

async function inSeconds(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work)).ms / 1000;
}
