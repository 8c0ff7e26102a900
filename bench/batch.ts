import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { Client } from '@temporalio/client';
import { type DatabasePool, sql } from 'slonik';

import { createBatchActivities } from '../activities/payouts/batches.ts';
import { formBatches } from '../activities/payouts/form-batches.ts';
import { insertApproval } from '../db/runs/approvals.ts';
import { listRunBatches } from '../db/payouts/batches.ts';
import { openDatabase } from '../db/database.ts';
import { addPartners } from '../commands/partners/partners.ts';
import { approveRunPayouts } from '../db/payouts/payouts.ts';
import { draftRun } from '../db/runs/outcomes.ts';
import { getRun, insertRun, listRunContent, updateRun } from '../db/runs/runs.ts';
import { RETURN_WINDOWS_DEFAULT } from '../domain/payouts/attempt.ts';
import { onDemandRunId } from '../domain/ids.ts';
import { contentHash } from '../domain/runs/content.ts';
import { createGateways } from '../gateways/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { addCompany, VAULT } from './company.ts';
import { type Bench, withServer } from './server.ts';
import { timed } from './timed.ts';

/**
 * Measures how long it takes to form PayPal's largest batch, to request it, and to name its payments. It also measures the limit of
 * this machine: plain rows, one for each row that a batch writes. Run: `npm run bench:batch -- --payouts 15000`.
 */

const { values } = parseArgs({ options: { payouts: { type: 'string', default: '15000' } } });
const PAYOUTS = Number(values.payouts);
/**
 * Counts the rows: the payout twice (taken, and due later), the attempt four times (written, submitted, accepted, named), three
 * lines of history, a journal with two entries, and the partner's account.
 */
const ROWS_A_PAYOUT = 13;
/** No worker runs the workflows that are started here. */
const NO_TEMPORAL = { workflow: { signalWithStart: async () => undefined } } as unknown as Client;

await withServer('bench-batch', async (bench) => {
  const sandbox = await startSandbox({ dir: resolve(bench.folder, 'sandbox'), stepMs: 60_000 });
  try {
    await measure(bench, sandbox);
  } finally {
    await sandbox.close();
  }
});

async function measure({ folder, newDatabase }: Bench, sandbox: Sandbox): Promise<void> {
  const url = await newDatabase();
  const db = await openDatabase(url);
  const runId = await prepareRun(db);
  const deps = {
    db,
    temporal: NO_TEMPORAL,
    gateways: openGateways(sandbox, folder),
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 1_000,
    activePayoutsMax: 0,
    batchItemsMax: { paypal: PAYOUTS },
  };
  const activities = createBatchActivities(deps);
  report('form: freeze, seal and write', await timed(() => formBatches(deps, runId)));
  const [batch] = await listRunBatches(db, runId, null, 1);
  if (!batch) throw new RangeError('no batch was formed: give at least two payouts');
  report('ask: claim, journals, post, record', await timed(() => activities.advanceBatch(batch.id)));
  report('name: every page, every payment', await timed(() => activities.advanceBatch(batch.id)));
  report(`ceiling: ${ROWS_A_PAYOUT} plain rows each`, await timed(() => insertPlain(db)));
  await db.end();
}

function openGateways({ wise, paypal, lob, bank, secrets }: Sandbox, folder: string) {
  return createGateways({
    wise: { baseUrl: wise.url, ...secrets.wise },
    paypal: { baseUrl: paypal.url, ...secrets.paypal, certUrlPrefix: '' },
    lob: { baseUrl: lob.url, apiKey: secrets.lob.key, webhookSecret: secrets.lob.webhookSecret },
    printedCheck: { bankBaseUrl: bank.url, bankKey: secrets.bank.key, printDir: folder },
  });
}

/** A run that is being paid. Each payout has a partner, a line and an approved amount of 10.00. */
async function prepareRun(db: DatabasePool): Promise<string> {
  const { approver, by, programId, scheduleId } = await addCompany(db, { method: 'paypal' });
  const codes = Array.from({ length: PAYOUTS }, (_, index) => `p${index}`);
  await addPartners(
    db,
    VAULT,
    codes.map((code) => ({
      code,
      name: code,
      kind: 'reseller',
      email: null,
      country: 'US',
      agreements: [{ program: 'bench', plan: 'bench', startsOn: '2020-01-01', endsOn: null }],
      destination: { method: 'paypal', receiver: `${code}@example.com` },
    })),
    { coolingOffDays: 0, by, givenBy: 'company' },
  );
  await addLines(db, programId);

  const id = onDemandRunId('bench', 'bench');
  const period = { periodStart: '2026-01-01', periodEnd: '2026-02-01', payOn: '2026-02-02' };
  await insertRun(db, {
    id,
    scheduleId,
    kind: 'on_demand',
    ...period,
    redo: 0,
    cutoffAtMs: Date.UTC(2026, 1, 1),
    preparerId: by,
  });
  await db.transaction(async (tx) => {
    await draftRun(tx, await getRun(tx, id));
    const hash = contentHash(await listRunContent(tx, id));
    await updateRun(tx, id, { status: 'review', contentHash: hash, reviewStarts: true });
    await insertApproval(tx, id, hash, {
      by: approver,
      decision: 'approve',
      contentHash: hash.toString('hex'),
      noteId: null,
    });
    await updateRun(tx, id, { status: 'approved' });
    await approveRunPayouts(tx, id);
    await updateRun(tx, id, { status: 'disbursing' });
  });
  return id;
}

/** One line for each partner, as accrual creates it. */
async function addLines(db: DatabasePool, programId: number): Promise<void> {
  await db.query(sql.unsafe`insert into accrual_batch(program_id, event_count) values (${programId}, ${PAYOUTS})`);
  await db.query(sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
    select partner.id, ${programId}, 'earned', batch.id, 'USD', 1000, 1, '2026-01-15' from partner, accrual_batch batch`);
}

/** The minimum for a batch: the same number of rows in a table that exists anyway. */
async function insertPlain(db: DatabasePool): Promise<void> {
  await db.query(sql.unsafe`
    insert into alarm(kind, subject, detail)
    select 'bench', n::text, 'x' from generate_series(1, ${PAYOUTS * ROWS_A_PAYOUT}) n`);
}

function report(what: string, { ms }: { ms: number }): void {
  const rate = Math.round((PAYOUTS * 1000) / ms).toLocaleString('en');
  console.log(`${what.padEnd(40)} ${(ms / 1000).toFixed(1).padStart(6)} s ${rate.padStart(9)} payouts a second`);
}
