import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serve } from '@hono/node-server';
import { Client, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { sql } from 'slonik';
import { inject } from 'vitest';

import { type Activities, createActivities } from '../../activities/index.ts';
import { createApp } from '../../api/app.ts';
import { addActor } from '../../commands/people/actors.ts';
import { issueKey } from '../../commands/people/keys.ts';
import { listActors } from '../../db/people/actors.ts';
import type { Role } from '../../domain/people/role.ts';
import { openDatabase } from '../../db/database.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../domain/payouts/attempt.ts';
import { createGateways, type GatewaySettings } from '../../gateways/index.ts';
import { createWebhookReaders } from '../../gateways/webhooks.ts';
import { createMailer } from '../../notifications/channels/mail.ts';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { prepareNamespace } from '../../deploy/namespace.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { createWorkers } from '../../worker/workers.ts';
import { createTestClient } from './client.ts';
import { freshDatabase, openOwner } from './database.ts';
import { connectOnce, quietRuntime } from './runtime.ts';

export type WorldOptions = {
  /** How long the sandbox waits between its own state changes. */
  stepMs?: number;
  clearMs?: number;
  /** Without webhooks, polling finds everything. With an address, webhooks go there instead of to the API. */
  webhooks?: boolean | string;
  wiseReturnWindowMs?: number;
  /** The number of payouts in one batch: 1 asks for each on its own. The default is as many as the providers take. */
  batchItemsMax?: number;
  /** The number of payments of a batch that PayPal shows on one page. */
  itemsPerPage?: number;
  /** The longest time that a request to a provider may take. */
  askTimeoutMs?: number;
};

export type World = Awaited<ReturnType<typeof openWorld>>;

/**
 * The whole product for one test file: its own database and Temporal namespace, the sandbox, the workers, and the API over
 * HTTP. Close it at the end of the file.
 */
export async function openWorld(options: WorldOptions = {}) {
  const { stepMs = 20, clearMs = 50, webhooks = true, wiseReturnWindowMs = 300, batchItemsMax = Infinity } = options;
  quietRuntime();
  const dir = await mkdtemp(join(tmpdir(), 'bursar-world-'));
  const database = await freshDatabase();
  const db = await openDatabase(database.url);
  const owner = await openOwner(database.url);
  const namespace = `test-${database.url.split('/').at(-1)}`;
  const address = inject('temporalAddress');
  const connection = await connectOnce(address);
  await openNamespace(connection, address, namespace);
  const temporal = new Client({ connection, namespace });

  const apiPort = await freePort();
  const url = `http://127.0.0.1:${apiPort}`;
  const sandbox = await startSandbox({
    dir: join(dir, 'sandbox'),
    stepMs,
    clearMs,
    ...(webhooks ? { webhooks: typeof webhooks === 'string' ? webhooks : `${url}/webhooks` } : {}),
  });
  const settings = gatewaySettingsOf(sandbox, join(dir, 'checks'));
  const gateways = createGateways({
    ...settings,
    paypal: { ...settings.paypal, itemsPerPage: options.itemsPerPage },
  });
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  const mailer = createMailer(sandbox.mail.smtpUrl, 'Bursar <payouts@localhost>');
  const app = createApp({
    db,
    temporal,
    vault: VAULT,
    webhookReaders: createWebhookReaders(settings),
    settings: { publicUrl: url, coolingOffDays: 7 },
    log,
  });
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: apiPort });

  const activities = createActivities({
    db,
    temporal,
    mailer,
    addresses: { finance: 'finance@example.test', operators: 'operators@example.test' },
    gateways,
    vault: VAULT,
    returnWindows: { ...RETURN_WINDOWS_DEFAULT, wise: wiseReturnWindowMs },
    firstPollMs: 200,
    activePayoutsMax: 200,
    batchItemsMax: { wise: batchItemsMax, paypal: batchItemsMax },
    ...(options.askTimeoutMs === undefined ? {} : { askTimeoutMs: options.askTimeoutMs }),
  });
  const workers = await startWorkers(address, namespace, activities);

  return {
    db,
    owner,
    databaseUrl: database.url,
    temporal,
    namespace,
    sandbox,
    gateways,
    activities,
    url,
    dir,
    app,
    /** Stops and starts the workers, as a deploy does. Nothing is worked on in between. */
    workers,
    /** The due events, without those that wait for their sale. */
    countDueEvents: async () =>
      Number(await db.oneFirst(sql.unsafe`select count(*) from event_due where waits_for is null`)),
    /** A person with a key, and the API as that person sees it. */
    async person(code: string, role: Role, partnerId: bigint | null = null) {
      const known = (await listActors(db, null, 1000)).find((actor) => actor.code === code);
      const actor = known ?? (await addActor(db, { code, name: code, email: null }, null));
      const { key } = await issueKey(db, { actorId: actor.id, role, partnerId, expiresAt: null }, null);
      return { id: actor.id, key, api: createTestClient(url, key) };
    },
    async close() {
      await workers.stop();
      await new Promise((resolve) => server.close(resolve));
      mailer.close();
      await sandbox.close();
      await Promise.all([db.end(), owner.end()]);
      await database.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export const VAULT: VaultKeys = { keyId: 'test', kek: Buffer.alloc(32, 1), fingerprintKey: Buffer.alloc(32, 2) };

export const gatewaySettingsOf = (sandbox: Sandbox, printDir: string): GatewaySettings => ({
  wise: {
    baseUrl: sandbox.wise.url,
    token: sandbox.secrets.wise.token,
    webhookPublicKey: sandbox.secrets.wise.webhookPublicKey,
  },
  paypal: {
    baseUrl: sandbox.paypal.url,
    clientId: sandbox.secrets.paypal.clientId,
    clientSecret: sandbox.secrets.paypal.clientSecret,
    webhookId: sandbox.secrets.paypal.webhookId,
    certUrlPrefix: `${sandbox.paypal.url}/v1/notifications/certs/`,
    certCa: sandbox.secrets.paypal.certificateAuthority,
  },
  lob: { baseUrl: sandbox.lob.url, apiKey: sandbox.secrets.lob.key, webhookSecret: sandbox.secrets.lob.webhookSecret },
  printedCheck: { bankBaseUrl: sandbox.bank.url, bankKey: sandbox.secrets.bank.key, printDir },
});

const RETENTION_MS = 3 * 24 * 3600_000;

/** Registered before anybody asks for it: the server remembers for a while that a namespace was not there. */
async function openNamespace(connection: Connection, address: string, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(RETENTION_MS),
  });
  await prepareNamespace(address, namespace);
}

/** Workers that can be stopped and started again within one test, as a deploy does. */
async function startWorkers(address: string, namespace: string, activities: Activities) {
  const connection = await NativeConnection.connect({ address });
  const code = await readFile(inject('workflowBundle'), 'utf8');
  let running: { workers: Worker[]; ended: Promise<unknown> } | undefined;
  const workers = {
    async start(): Promise<void> {
      const created = await createWorkers({ connection, namespace, workflowBundle: { code }, activities });
      running = { workers: created, ended: Promise.all(created.map((worker) => worker.run())) };
    },
    async pause(): Promise<void> {
      for (const worker of running?.workers ?? []) worker.shutdown();
      await running?.ended;
      running = undefined;
    },
    async stop(): Promise<void> {
      await workers.pause();
      await connection.close();
    },
  };
  await workers.start();
  return workers;
}
