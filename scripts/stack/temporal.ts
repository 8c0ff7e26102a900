import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Connection } from '@temporalio/client';

import { type Child, startChild, untilReady } from './child.ts';
import { prepareNamespace } from '../../deploy/namespace.ts';

export type Temporal = Child & { address: string; uiUrl: string | undefined };

export type TemporalOptions = {
  /** The folder that gets `logs/` and `run/`. */
  folder: string;
  port: number;
  /** The port of the UI. Without it there is no UI. */
  uiPort?: number;
  /** The database file. Without it everything is in memory, for tests. */
  dbFile?: string;
  namespace?: string;
  /** Settings of the server as JSON, by their names in its dynamic configuration. */
  settings?: Readonly<Record<string, string>>;
};

/** The set-up always puts the program here. */
export const CLI = fileURLToPath(new URL('../../.data/bin/temporal', import.meta.url));

/** In WAL mode the file survives `kill -9` and is as fast as memory; the default journal halves the speed. */
const FILE_PRAGMAS = ['journal_mode=wal', 'synchronous=1'].flatMap((pragma) => ['--sqlite-pragma', pragma]);

/** Starts the Temporal dev server with our namespace prepared. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const { folder, port, uiPort, dbFile, namespace = 'default', settings = {} } = options;
  if (!existsSync(CLI)) throw new Error('The Temporal CLI is missing. Run `npm run setup`, which fetches it.');
  const storage = dbFile ? ['--db-filename', resolve(dbFile), ...FILE_PRAGMAS] : [];
  const ui = uiPort ? ['--ui-port', String(uiPort), '--ui-disable-news-fetch'] : ['--headless'];
  const place = ['--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace, '--log-level', 'warn'];
  const changed = Object.entries(settings).flatMap((entry) => ['--dynamic-config-value', entry.join('=')]);
  const server = await startChild({
    name: 'temporal',
    command: CLI,
    args: ['server', 'start-dev', ...place, ...ui, ...storage, ...changed],
    folder,
  });
  const address = `127.0.0.1:${port}`;
  await untilReady(server, () => hasNamespace(address, namespace));
  await prepareNamespace(address, namespace);
  return { ...server, address, uiUrl: uiPort ? `http://127.0.0.1:${uiPort}` : undefined };
}

const CONNECT_MS = 2_000;

async function hasNamespace(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS });
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } finally {
    await connection.close();
  }
}
