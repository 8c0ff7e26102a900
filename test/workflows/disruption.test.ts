import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { listRunBatches } from '../../db/payouts/batches.ts';
import { listBalances } from '../../db/books/ledger.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { batchWorkflowId, payoutWorkflowId, runWorkflowId } from '../../temporal/messages.ts';
import { patchOnce } from '../chaos/patch.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { listRunPayouts, reconcileToday, runBecomes, type RunSeen } from '../fixtures/runs.ts';
import { openWorld, VAULT, type World } from '../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  booksOf,
  type Business,
  calm,
  everythingIsDue,
  openBusiness,
  paidFor,
  startPaying,
  sweep,
  tell,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld({ stepMs: 50, clearMs: 50 });
  company = await openCompany(world, { checkGateway: 'lob' });
});
afterAll(() => world.close());
beforeEach(() => calm(world));

const METHODS = ['bank', 'paypal', 'check'] as const;
const AMOUNT = '12.34';

/** A business that owes the same amount to many partners, a third of them by each method. */
async function openWithMany(code: string, count: number): Promise<Business> {
  const business = await openBusiness(company, { code });
  const methodOf = (index: number) => METHODS[index % METHODS.length] ?? 'bank';
  const wishes = Array.from({ length: count }, (_, index) => ({
    name: `p${index}`,
    method: methodOf(index),
    amount: AMOUNT,
  }));
  await addPayees(business, wishes);
  return business;
}

const countPaid = async (): Promise<number> => {
  const books = await Promise.all((['wise', 'paypal', 'lob'] as const).map((provider) => booksOf(world, provider)));
  return books.flat().filter(({ kind }) => kind === 'paid').length;
};

const untilPaid = (count: number) =>
  eventually(`the providers have paid ${count} times`, async () => (await countPaid()) >= count);

/** Reads the providers' own books, and expects ours to agree. */
async function everybodyIsPaidOnce(business: Business, run: RunSeen, count: number): Promise<void> {
  const payouts = await allBecome(business, run, 'settled');
  const paid = await Promise.all(payouts.map(({ id }) => paidFor(world, id)));
  expect(paid).toEqual(Array.from({ length: count }, () => [AMOUNT]));
  await runBecomes(company, run.id, 'disbursed');
  await calm(world);
  expect(await reconcileToday(world, company)).toEqual([]);
  expect((await listBalances(world.db, 'payout:in_transit')).filter(({ minor }) => minor !== 0n)).toEqual([]);
}

/** Ends a workflow and deletes it, as after a restore of Temporal without its history. */
async function forget(workflowId: string): Promise<void> {
  const { temporal, namespace } = world;
  try {
    await temporal.workflow.getHandle(workflowId).terminate('a test');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  await temporal.workflowService
    .deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } })
    .catch(() => undefined); // there was no such workflow
}

describe('given a large run in the middle of its payments', () => {
  it('when every workflow is terminated and deleted, twice, then the sweep starts them from their rows and each payout is paid once', async () => {
    const count = 42;
    const business = await openWithMany('forgotten', count);
    const before = await countPaid();
    const run = await startPaying(business);
    for (const reached of [4, 20]) {
      await untilPaid(before + reached);
      const ids = (await listRunPayouts(company, run.id)).map(({ id }) => payoutWorkflowId(id));
      const batches = (await listRunBatches(world.db, run.id, null, 10)).map(({ id }) => batchWorkflowId(id));
      await Promise.all([runWorkflowId(run.id), ...batches, ...ids].map(forget));
      await everythingIsDue(world);
      await sweep(world);
    }

    await everybodyIsPaidOnce(business, run, count);
  });

  it('when the worker is killed, and its successor is stopped and started again, then each payout is paid once', async () => {
    const count = 24;
    const business = await openWithMany('killed', count);
    await makeSlow();
    const before = await countPaid();
    await world.workers.pause();
    const process = await startProcess();
    const run = await startPaying(business);
    await untilPaid(before + 2);

    process.kill('SIGKILL');
    await once(process, 'exit');
    // As if the time had passed in which a call of the dead process could still be under way.
    for (const asked of ['payout_attempt', 'provider_batch'])
      await world.db.query(
        sql.unsafe`update ${sql.identifier([asked])} set submit_deadline_at = now() where submit_deadline_at > now()`,
      );
    await world.workers.start();
    await untilPaid(before + count / 2);
    await world.workers.pause();
    await world.workers.start();

    await everybodyIsPaidOnce(business, run, count);
  });
});

/** Lets every call take a while, so that many are under way when something happens. */
const makeSlow = () =>
  Promise.all(
    (['wise', 'paypal', 'lob'] as const).map((provider) =>
      tell(world, provider, 'faults', { fault: 'slow', ms: 200, times: 10_000 }),
    ),
  );

/** After this time, instead of twenty seconds, another worker takes over what the killed one was doing. */
const HEARTBEAT = { from: "HEARTBEAT_TIMEOUT = '20 seconds'", to: "HEARTBEAT_TIMEOUT = '3 seconds'" };

/** Starts the worker as it is deployed, in a process of its own, and waits until it is ready. */
async function startProcess(): Promise<ChildProcess> {
  const port = await freePort();
  const bundle = join(world.dir, 'workflow-bundle.js');
  await writeFile(bundle, patchOnce(await readFile(inject('workflowBundle'), 'utf8'), HEARTBEAT));
  const own = { WORKFLOW_BUNDLE: bundle, WORKER_HEALTH_PORT: String(port) };
  const child = spawn(process.execPath, ['worker/main.ts'], {
    env: { PATH: process.env['PATH'], ...environmentOf(world), ...own },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually('the worker is ready', async () => {
    if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}`);
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return response?.ok;
  });
  return child;
}

const environmentOf = ({ databaseUrl, namespace, dir, sandbox }: World) => ({
  DATABASE_URL: databaseUrl,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  TEMPORAL_NAMESPACE: namespace,
  LOG_LEVEL: 'error',
  VAULT_KEY_ID: VAULT.keyId,
  VAULT_KEY: Buffer.from(VAULT.kek).toString('hex'),
  VAULT_FINGERPRINT_KEY: Buffer.from(VAULT.fingerprintKey).toString('hex'),
  WISE_BASE_URL: sandbox.wise.url,
  WISE_TOKEN: sandbox.secrets.wise.token,
  WISE_WEBHOOK_PUBLIC_KEY: sandbox.secrets.wise.webhookPublicKey,
  WISE_RETURN_WINDOW_SECONDS: '0',
  PAYPAL_BASE_URL: sandbox.paypal.url,
  PAYPAL_CLIENT_ID: sandbox.secrets.paypal.clientId,
  PAYPAL_CLIENT_SECRET: sandbox.secrets.paypal.clientSecret,
  PAYPAL_WEBHOOK_ID: sandbox.secrets.paypal.webhookId,
  LOB_BASE_URL: sandbox.lob.url,
  LOB_API_KEY: sandbox.secrets.lob.key,
  LOB_WEBHOOK_SECRET: sandbox.secrets.lob.webhookSecret,
  CHECK_BANK_BASE_URL: sandbox.bank.url,
  CHECK_BANK_KEY: sandbox.secrets.bank.key,
  CHECK_PRINT_DIR: join(dir, 'checks'),
  SMTP_URL: sandbox.mail.smtpUrl,
  SWEEP_SECONDS: '1',
  POLL_SECONDS_MIN: '1',
});
