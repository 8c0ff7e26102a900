import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Connection } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { openDatabase } from '../../db/database.ts';
import { migrate } from '../../db/migrate.ts';
import { createRandom } from '../../scripts/demo/random.ts';
import { until } from '../../scripts/demo/until.ts';
import { answersOk, type Child, startChild, untilReady } from '../../scripts/stack/child.ts';
import { claimFolder, releaseFolder } from '../../scripts/stack/claim.ts';
import {
  type Environment,
  fetchSandboxKeys,
  ownEnvironment,
  sandboxEnvironment,
} from '../../scripts/stack/environment.ts';
import { startGuard } from '../../scripts/stack/guard.ts';
import { findRecorded, isRunning, stopLeftOver } from '../../scripts/stack/pids.ts';
import { type PortName, PORTS, type Ports, requireFree } from '../../scripts/stack/ports.ts';
import { startPostgres, withClient } from '../../scripts/stack/postgres.ts';
import { readSecrets } from '../../scripts/stack/secrets.ts';
import { startTemporal } from '../../scripts/stack/temporal.ts';
import { patchOnce } from './patch.ts';
import { SERVERS, type ServerName } from './plan.ts';

/** The servers of a deployment. Each one is a separate process that may be killed at any time and is started again. */
export type Servers = {
  environment: Environment;
  ports: Ports;
  /** Ends a process as a power cut would, even while it is starting. Returns false if there was none. */
  kill: (name: ServerName) => Promise<boolean>;
  /** The number of times that each server exited without a kill. */
  ownEnds: ReadonlyMap<ServerName, number>;
  /** Sets the settings of workers that start from now on. */
  useSettings: (settings: Environment) => void;
  /** A caller must repeat its work if PostgreSQL is killed meanwhile. */
  db: DatabasePool;
  /** Waits until all servers answer. */
  untilUp: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Settings, available to every operator, that make some things faster than in production. */
const QUICK = {
  WISE_RETURN_WINDOW_SECONDS: '1',
  POLL_SECONDS_MIN: '1',
  SWEEP_SECONDS: '2',
  ASK_SECONDS_MAX: '3',
  COOLING_OFF_DAYS: '0',
  LOG_LEVEL: 'warn',
};
const SANDBOX_FLAGS = ['--step-ms', '5', '--clear-ms', '50'];
/** Temporal gives the workflow task of a dead worker to another one after this time instead of ten seconds. Timers are not a second late. */
const TEMPORAL_SETTINGS = {
  'history.defaultWorkflowTaskTimeout': '"2s"',
  'history.timerProcessorMaxTimeShift': '"10ms"',
};
/** The same applies to an activity. This is the only constant of the product that differs here. */
const HEARTBEAT = "HEARTBEAT_TIMEOUT = '20 seconds'";
const HEARTBEAT_SECONDS = 3;

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UP_WITHIN_MS = 90_000;
const UP_POLL_MS = 100;
const START_AGAIN_MS = 200;
const STOP_POLL_MS = 100;

/** The code that runs: ours, except for the changes of a mutation. */
export type Source = {
  /** The folder from which API and workers start. */
  product: string;
  sandbox: string;
  /** Statements that change the database after its migration. */
  statements: readonly string[];
  heartbeatSeconds: number;
  /** The file of its workflow bundle, where that was built before. */
  workflowBundle?: string;
};
export const OURS: Source = { product: ROOT, sandbox: ROOT, statements: [], heartbeatSeconds: HEARTBEAT_SECONDS };

type Place = { folder: string; ports: Ports; seed: number; source: Source };

/** Starts everything on an empty folder. If this process is killed, even by `kill -9`, no server stays behind. */
export async function openServers(
  folder: string,
  seed: number,
  source: Source = OURS,
  settings: Environment = {},
): Promise<Servers> {
  await claimFolder(folder);
  const guard = startGuard(folder);
  const ports = await choosePorts(seed);
  const keeper = createKeeper(folder);
  let db: DatabasePool | undefined;
  const stop = async () => {
    await db?.end();
    await keeper.stop();
    guard.release();
    releaseFolder(folder);
  };
  try {
    const environment = await startAll({ folder, ports, seed, source }, keeper, settings);
    const untilUp = () => untilAllUp(environment, ports);
    await untilUp();
    const useSettings = (wanted: Environment) => void Object.assign(settings, wanted);
    // One pool outlives every kill. A pool that opens while PostgreSQL is killed would end this process.
    db = await openDatabase(environment['DATABASE_URL'] ?? '', { poolSize: 2 });
    const { kill, ownEnds } = keeper;
    return { environment, ports, db, kill, ownEnds, useSettings, untilUp, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const WORKER_2 = 'temporalUi' satisfies PortName; // there is no UI here, so its port is the second worker's

async function startAll(place: Place, { keep }: Keeper, settings: Environment): Promise<Environment> {
  const { folder, ports, source } = place;
  const bundle = bundleWorkflows(place);
  const postgres = await keep('postgres', () => startPostgres({ folder, port: ports.postgres, isDurable: true }));
  await migrate(postgres.url);
  for (const statement of source.statements) await withClient(postgres.url, (client) => client.query(statement));
  const dbFile = join(folder, 'temporal.db');
  const temporal = await keep('temporal', () =>
    startTemporal({ folder, port: ports.temporal, dbFile, settings: TEMPORAL_SETTINGS }),
  );
  const sandbox = await keep('sandbox', () => startSandbox(place));
  await untilReady(sandbox, async () => /^ready$/m.test(sandbox.lastLines()));
  const addresses = { databaseUrl: postgres.url, temporalAddress: temporal.address };
  const environment = {
    PATH: process.env['PATH'] ?? '',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compile-cache'),
    ...ownEnvironment({ folder, ports, secrets: readSecrets(folder), ...addresses }),
    ...sandboxEnvironment(ports, await fetchSandboxKeys(ports)),
    ...QUICK,
    WORKFLOW_BUNDLE: await bundle,
  };
  const start = (name: ServerName, script: string, own: Environment = {}) =>
    keep(name, () => startNode(place, name, join(source.product, script), [], { ...environment, ...settings, ...own }));
  await start('api', 'api/main.ts');
  await start('worker-1', 'worker/main.ts');
  await start('worker-2', 'worker/main.ts', { WORKER_HEALTH_PORT: String(ports[WORKER_2]) });
  return environment;
}

/** Builds the bundle once. Otherwise two workers that are killed all the time would do little but build it. */
async function bundleWorkflows({ folder, source }: Place): Promise<string> {
  const file = join(folder, 'workflow-bundle.js');
  if (source.workflowBundle) await copyFile(source.workflowBundle, file);
  else await promisify(execFile)(process.execPath, [join(source.product, 'worker/bundle.ts'), file]);
  const to = `HEARTBEAT_TIMEOUT = '${source.heartbeatSeconds} seconds'`;
  await writeFile(file, patchOnce(await readFile(file, 'utf8'), { from: HEARTBEAT, to }));
  return file;
}

function startSandbox(place: Place): Promise<Child> {
  const { folder, ports, seed, source } = place;
  const flags = (['wise', 'paypal', 'lob', 'bank', 'smtp', 'mail'] as const).flatMap((name) => [
    `--${name}-port`,
    String(ports[name]),
  ]);
  const where = ['--dir', join(folder, 'sandbox'), '--webhooks', `http://127.0.0.1:${ports.api}/webhooks`];
  const args = [...where, ...flags, ...SANDBOX_FLAGS, '--seed', `${seed}`];
  return startNode(place, 'sandbox', join(source.sandbox, 'sandbox/main.ts'), args);
}

const startNode = ({ folder }: Place, name: string, script: string, args: string[], env?: Environment) =>
  startChild({ name, command: process.execPath, args: [script, ...args], folder, cwd: ROOT, ...(env && { env }) });

type Keeper = ReturnType<typeof createKeeper>;

/** Starts servers, and restarts them whenever they end, until it is told to stop. */
function createKeeper(folder: string) {
  const ownEnds = new Map<ServerName, number>();
  const killed = new Set<number>();
  const loops: Promise<void>[] = [];
  const stopping = new AbortController();

  const watch = async (name: ServerName, first: Child, start: () => Promise<Child>): Promise<void> => {
    for (let child: Child | undefined = first; !stopping.signal.aborted;) {
      await child?.ended;
      if (stopping.signal.aborted) return;
      if (child && !killed.has(child.pid)) ownEnds.set(name, (ownEnds.get(name) ?? 0) + 1);
      await sleep(START_AGAIN_MS);
      child = await start().catch(() => undefined); // it was killed while it started
    }
  };
  const keep = async <T extends Child>(name: ServerName, start: () => Promise<T>): Promise<T> => {
    const first = await start();
    loops.push(watch(name, first, start));
    return first;
  };
  const kill = async (name: ServerName): Promise<boolean> => {
    const running = await findRecorded(folder, name);
    if (!running || !(await isRunning(running))) return false;
    killed.add(running.pid);
    process.kill(running.pid, 'SIGKILL');
    return true;
  };
  /** Repeats the stop, because a server that is still starting may have no record yet. */
  const stop = async (): Promise<void> => {
    stopping.abort();
    const allEnded = Promise.all(loops).then(() => true);
    do await stopLeftOver(folder);
    while (!(await Promise.race([allEnded, sleep(STOP_POLL_MS, false)])));
    await stopLeftOver(folder);
  };
  return { keep, kill, stop, ownEnds: ownEnds as ReadonlyMap<ServerName, number> };
}

const PORT_MIN = 15_000;
/** Ports below the range that systems assign automatically, so that a killed server finds its port free again. */
const PORT_MAX = 32_000;

async function choosePorts(seed: number): Promise<Ports> {
  const random = createRandom(seed + process.pid);
  const names = Object.keys(PORTS) as PortName[];
  for (;;) {
    const first = PORT_MIN + random.below(PORT_MAX - PORT_MIN - names.length);
    const ports = Object.fromEntries(names.map((name, index) => [name, first + index])) as Ports;
    const isFree = await requireFree(ports, names).then(
      () => true,
      () => false,
    );
    if (isFree) return ports;
  }
}

async function untilAllUp({ DATABASE_URL = '', TEMPORAL_ADDRESS = '' }: Environment, ports: Ports): Promise<void> {
  const local = (port: number, path: string) => answersOk(`http://127.0.0.1:${port}${path}`);
  const checks: Record<ServerName, () => Promise<boolean>> = {
    postgres: () => withClient(DATABASE_URL, async (client) => (await client.query('select 1')).rowCount === 1),
    temporal: () => servesNamespace(TEMPORAL_ADDRESS),
    sandbox: local(ports.bank, '/sandbox/faults'),
    api: local(ports.api, '/readyz'),
    'worker-1': local(ports.worker, '/readyz'),
    'worker-2': local(ports[WORKER_2], '/readyz'),
  };
  const isUp = (name: ServerName) => checks[name]().catch(() => false);
  const patience = (name: ServerName) => ({ what: `${name} to be up`, withinMs: UP_WITHIN_MS, everyMs: UP_POLL_MS });
  await Promise.all(SERVERS.map((name) => until(() => isUp(name), Boolean, patience(name))));
}

async function servesNamespace(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } finally {
    await connection.close();
  }
}
