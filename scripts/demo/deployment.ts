import { Client, Connection } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { openDatabase } from '../../db/database.ts';
import { startStack, type Stack } from '../stack/index.ts';
import { type People, welcomePeople } from './people.ts';

/** Settings that make the demo faster than production, so that it takes minutes. The demo prints them when it starts. */
const QUICK = {
  WISE_RETURN_WINDOW_SECONDS: '2',
  POLL_SECONDS_MIN: '2',
  ACTIVE_PAYOUTS_MAX: '80',
  SWEEP_SECONDS: '5',
  LOG_LEVEL: 'warn',
};
const SANDBOX_FLAGS = ['--step-ms', '5', '--clear-ms', '300'];
const WHAT_IS_QUICK =
  "Faster than in production: Wise's return window is 2 s instead of 21 days, checks clear after 0.3 s, providers are asked again " +
  'every 2 s and the sweep runs every 5 s.';

/** Addresses and credentials of real servers. The demo ignores them and pays only with its own sandbox. */
const FOREIGN = [
  'DATABASE_',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'WISE_',
  'PAYPAL_',
  'LOB_',
  'CHECK_',
  'SMTP_',
  'VAULT_',
];

export type Deployment = {
  stack: Stack;
  /** For checks that the API does not offer: the invariants, and whether accrual has caught up. Everything else uses the API. */
  db: DatabasePool;
  temporal: Client;
  url: string;
  people: People;
  close: () => Promise<void>;
};

export type DeploymentOptions = { folder: string; seed: number; say: (line: string) => void };

/** Starts a separate stack on an empty folder, and adds the people who work with it. */
export async function openDeployment({ folder, seed, say }: DeploymentOptions): Promise<Deployment> {
  const stack = await startStack({
    dataDir: folder,
    reset: true,
    environment: { ...withoutForeign(process.env), ...QUICK },
    sandboxFlags: [...SANDBOX_FLAGS, '--seed', String(seed)],
    say,
  });
  say(WHAT_IS_QUICK);
  const { DATABASE_URL = '', TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '', PUBLIC_URL = '' } = stack.environment;
  const db = await openDatabase(DATABASE_URL, { poolSize: 4 });
  const connection = await Connection.connect({ address: TEMPORAL_ADDRESS });
  return {
    stack,
    db,
    temporal: new Client({ connection, namespace: TEMPORAL_NAMESPACE }),
    url: PUBLIC_URL,
    people: await welcomePeople(db, PUBLIC_URL, { url: `http://127.0.0.1:${stack.ports.mail}` }),
    async close() {
      await Promise.all([db.end(), connection.close()]);
      await stack.stop();
    },
  };
}

const withoutForeign = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => name.endsWith('_PORT') || !FOREIGN.some((beginning) => name.startsWith(beginning)),
    ),
  );
