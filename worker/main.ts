import { createServer } from 'node:http';

import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { pino } from 'pino';

import { createActivities } from '../activities/index.ts';
import { deployPaySchedules } from '../activities/runs/schedules.ts';
import { endFailed, reach } from '../command-line.ts';
import { type Config, gatewaySettings, readConfig, returnWindows, vaultKeys } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { createGateways } from '../gateways/index.ts';
import { createMailer } from '../notifications/channels/mail.ts';
import { createWebhookSender } from '../notifications/channels/webhook.ts';
import { deploySystemSchedules } from '../temporal/schedules.ts';
import { SWEEP_SCHEDULE_ID } from '../temporal/messages.ts';
import { buildWorkflowBundle } from './bundle.ts';
import { createWorkers } from './workers.ts';

const config = readConfig();
const log = pino({ level: config.LOG_LEVEL, base: { process: 'worker' } });

Runtime.install({
  logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
    if (message.startsWith('No workflows registered')) return; // only one queue has workflows
    log[level === 'ERROR' ? 'error' : 'warn'](
      { workflow: meta?.['workflowId'], activity: meta?.['activityType'] },
      message,
    );
  }),
  shutdownSignals: [],
});

const db = await reach({ what: 'PostgreSQL', variable: 'DATABASE_URL', address: config.DATABASE_URL }, () =>
  openDatabase(config.DATABASE_URL, { poolSize: config.DATABASE_POOL_SIZE }),
).catch(endFailed);
const connection = await reach(
  { what: 'Temporal', variable: 'TEMPORAL_ADDRESS', address: config.TEMPORAL_ADDRESS },
  () => NativeConnection.connect({ address: config.TEMPORAL_ADDRESS }),
).catch(endFailed);
const temporal = new Client({
  connection: await Connection.connect({ address: config.TEMPORAL_ADDRESS }),
  namespace: config.TEMPORAL_NAMESPACE,
});
const mailer = createMailer(config.SMTP_URL, config.MAIL_FROM);
const workers = await createWorkers({
  connection,
  namespace: config.TEMPORAL_NAMESPACE,
  workflowBundle: config.WORKFLOW_BUNDLE ? { codePath: config.WORKFLOW_BUNDLE } : await buildWorkflowBundle(),
  activities: createActivities({
    db,
    temporal,
    mailer,
    sendWebhook: createWebhookSender({ mayBeLocal: config.WEBHOOKS_LOCAL === 'yes' }),
    publicUrl: config.PUBLIC_URL.replace(/\/$/, ''),
    log,
    addresses: { finance: config.MAIL_FINANCE, operators: config.MAIL_OPERATORS },
    gateways: createGateways(gatewaySettings(config)),
    vault: vaultKeys(config),
    returnWindows: returnWindows(config),
    firstPollMs: config.POLL_SECONDS_MIN * 1000,
    activePayoutsMax: config.ACTIVE_PAYOUTS_MAX,
    batchItemsMax: { wise: config.WISE_BATCH_MAX, paypal: config.PAYPAL_BATCH_MAX },
    askTimeoutMs: config.ASK_SECONDS_MAX * 1000,
  }),
});

await deploySchedules(config);
const health = serveHealth(workers, config);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(workers));
log.info({ queues: workers.map((worker) => worker.options.taskQueue) }, 'working');
await Promise.all(workers.map((worker) => worker.run()));
health.close();
mailer.close();
await Promise.all([connection.close(), temporal.connection.close(), db.end()]);
log.info('stopped');

async function deploySchedules({ SWEEP_SECONDS }: Config): Promise<void> {
  await deploySystemSchedules(temporal, SWEEP_SECONDS);
  await deployPaySchedules({ db, temporal });
  await temporal.schedule.getHandle(SWEEP_SCHEDULE_ID).trigger('SKIP'); // work that an earlier worker left behind is overdue now
}

function serveHealth(watched: readonly Worker[], { WORKER_HEALTH_HOST, WORKER_HEALTH_PORT }: Config) {
  const isReady = () => watched.every((worker) => worker.getState() === 'RUNNING');
  const server = createServer((request, response) => {
    const isUp = request.url === '/healthz' || (request.url === '/readyz' && isReady());
    response.writeHead(isUp ? 200 : 503, { 'content-type': 'text/plain' }).end(isUp ? 'ok\n' : 'not ready\n');
  });
  const failed = 'The worker cannot serve its health, so it stopped';
  const advice = 'Correct WORKER_HEALTH_HOST or WORKER_HEALTH_PORT.';
  server.once('error', ({ message }) => endFailed(new Error(`${failed}: ${message}. ${advice}`)));
  return server.listen(WORKER_HEALTH_PORT, WORKER_HEALTH_HOST);
}

function stop(running: readonly Worker[]): void {
  for (const worker of running) if (worker.getState() === 'RUNNING') worker.shutdown();
}
