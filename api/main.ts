import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';

import { endFailed, reach } from '../command-line.ts';
import { gatewaySettings, providerSettings, readConfig, returnWindows } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { createWebhookReaders } from '../gateways/webhooks.ts';
import { createApp } from './app.ts';
import { openIdentityProvider } from './http/identity-provider.ts';
import { listen } from './http/server.ts';

const config = readConfig();
const log = pino({ level: config.LOG_LEVEL, name: 'api' });
const connection = Connection.lazy({ address: config.TEMPORAL_ADDRESS });
const db = await reach({ what: 'PostgreSQL', variable: 'DATABASE_URL', address: config.DATABASE_URL }, () =>
  openDatabase(config.DATABASE_URL, { poolSize: config.DATABASE_POOL_SIZE }),
).catch(endFailed);

const provider = providerSettings(config);
const app = createApp({
  db,
  temporal: new Client({ connection, namespace: config.TEMPORAL_NAMESPACE }),
  vault: { keyId: config.VAULT_KEY_ID, kek: config.VAULT_KEY, fingerprintKey: config.VAULT_FINGERPRINT_KEY },
  webhookReaders: createWebhookReaders(gatewaySettings(config)),
  identityProvider: provider && openIdentityProvider(provider, config.PUBLIC_URL),
  settings: {
    publicUrl: config.PUBLIC_URL,
    coolingOffDays: config.COOLING_OFF_DAYS,
    webhooksLocal: config.WEBHOOKS_LOCAL === 'yes',
    returnWindows: returnWindows(config),
    temporalUiUrl: config.TEMPORAL_UI_URL,
  },
  log,
});

const server = listen(app, { hostname: config.API_HOST, port: config.API_PORT }, ({ address, port }) =>
  log.info({ address, port }, 'the API is listening'),
);

server.once('error', (error) =>
  endFailed(
    new Error(
      `The API cannot listen on ${config.API_HOST}:${config.API_PORT}: ${error.message}. Nothing was started. Correct API_HOST or API_PORT.`,
    ),
  ),
);

/** Accepts no new request, lets the running ones finish, and closes the connections that they used. */
async function stop(): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
  await db.end();
  await connection.close();
  log.info('the API has stopped');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    stop().catch((error: unknown) => {
      log.error({ reason: String(error) }, 'the API did not stop cleanly');
      process.exitCode = 1;
    });
  });
