import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { migrate } from '../../db/migrate.ts';
import { answersOk, type Child, startChild, untilReady } from './child.ts';
import { claimFolder, releaseFolder } from './claim.ts';
import {
  type Environment,
  fetchSandboxKeys,
  needsSandbox,
  ownEnvironment,
  sandboxEnvironment,
  withEnvironment,
} from './environment.ts';
import { startGuard } from './guard.ts';
import { keepRunning } from './keep-running.ts';
import { prepareNamespace } from '../../deploy/namespace.ts';
import { killRecorded, stopLeftOver } from './pids.ts';
import { choosePorts, type PortName, type Ports, requireFree } from './ports.ts';
import { removePostgres, startPostgres } from './postgres.ts';
import { readSecrets } from './secrets.ts';
import { startTemporal } from './temporal.ts';

const PARTS = ['postgres', 'temporal', 'sandbox', 'worker', 'api'] as const;
export type Part = (typeof PARTS)[number];

export type StackOptions = {
  /** The folder that contains everything of the stack. */
  dataDir?: string;
  /** Deletes the databases, the workflows and the sandbox's books first. */
  reset?: boolean;
  ports?: Partial<Ports>;
  /** The parts to start; the default is all. A part whose address is in the environment is never started. */
  only?: readonly Part[];
  /** Variables that override the embedded parts; the default is the environment of the process. */
  environment?: NodeJS.ProcessEnv;
  /** More flags for the sandbox, such as `--seed` and `--step-ms`. */
  sandboxFlags?: readonly string[];
  say?: (line: string) => void;
};

export type Stack = {
  /** The environment of the worker and the API. Scripts that talk to them need the same. */
  environment: Environment;
  ports: Ports;
  servers: readonly Child[];
  /** Resolves with the reason when a server exits by itself. */
  broken: Promise<string>;
  stop: () => Promise<void>;
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts the servers in the order of their dependencies and waits until each one answers. Ctrl-C stops them in reverse order, and
 * a second Ctrl-C stops them at once. If this process is killed, a guard stops them.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { environment = process.env, say = console.log } = options;
  const folder = resolve(options.dataDir ?? '.data');
  const ports = choosePorts(environment, options.ports);
  const parts = neededParts(options.only ?? PARTS, environment);

  const { stopped } = await claimFolder(folder);
  if (stopped.length > 0) say(`Stopped the servers that an earlier stack left running: ${stopped.join(', ')}.`);
  await requireFree(
    ports,
    parts.flatMap((part) => PORTS_OF[part]),
  ).catch((error) => {
    releaseFolder(folder);
    throw error;
  });
  if (options.reset) forgetEverything(folder);
  const stop = stopper(folder, say);
  try {
    const started = await startParts({
      folder,
      ports,
      parts,
      environment,
      sandboxFlags: options.sandboxFlags ?? [],
      isStopping: stop.wasAsked,
      say,
    });
    return { ...started, ports, broken: firstEnd(started.servers, stop), stop: stop.now };
  } catch (error) {
    if (stop.wasAsked()) await new Promise(() => {}); // Ctrl-C while starting: its handler ends the process
    await stop.now();
    throw error;
  }
}

const PORTS_OF: Record<Part, readonly PortName[]> = {
  postgres: ['postgres'],
  temporal: ['temporal', 'temporalUi'],
  sandbox: ['wise', 'paypal', 'lob', 'bank', 'smtp', 'mail'],
  worker: ['worker'],
  api: ['api'],
};

function neededParts(wanted: readonly Part[], environment: NodeJS.ProcessEnv): Part[] {
  const isElsewhere: Record<Part, boolean> = {
    postgres: Boolean(environment.DATABASE_URL),
    temporal: Boolean(environment.TEMPORAL_ADDRESS),
    sandbox: !needsSandbox(environment),
    worker: false,
    api: false,
  };
  return PARTS.filter((part) => wanted.includes(part) && !isElsewhere[part]);
}

/** The vault's keys stay. They belong to the folder, and an empty database contains nothing that they could read. */
function forgetEverything(folder: string): void {
  removePostgres(folder);
  const files = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm', 'sandbox', 'checks'];
  for (const file of files) rmSync(join(folder, file), { recursive: true, force: true });
}

type Stopper = { now: () => Promise<void>; wasAsked: () => boolean };

/** One stop for all callers: the script, a signal, and a server that exited. */
function stopper(folder: string, say: (line: string) => void): Stopper {
  const guard = startGuard(folder);
  let stopping: Promise<void> | undefined;
  const stopAll = async () => {
    await stopLeftOver(folder);
    guard.release();
    releaseFolder(folder);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const now = () => (stopping ??= stopAll());
  const onSignal = () => {
    if (stopping) return void killRecorded(folder);
    say('\nStopping. Ctrl-C again stops at once.');
    void now().finally(() => process.exit(130));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { now, wasAsked: () => stopping !== undefined };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Start = {
  folder: string;
  ports: Ports;
  parts: readonly Part[];
  environment: NodeJS.ProcessEnv;
  sandboxFlags: readonly string[];
  isStopping: () => boolean;
  say: (line: string) => void;
};

async function startParts(start: Start): Promise<{ servers: Child[]; environment: Environment }> {
  const [database, temporal, sandbox] = await Promise.all([useDatabase(start), useTemporal(start), useSandbox(start)]);
  const { folder, ports } = start;
  const own = ownEnvironment({
    folder,
    ports,
    secrets: readSecrets(folder),
    databaseUrl: database.url,
    temporalAddress: temporal.address,
  });
  const environment = withEnvironment({ ...own, ...sandbox.environment }, start.environment);
  const ours = await Promise.all([startOurs(start, 'worker', environment), startOurs(start, 'api', environment)]);
  const servers = [database.server, temporal.server, sandbox.server, ...ours].filter((server) => server !== undefined);
  return { servers, environment };
}

async function useDatabase({ folder, ports, parts, environment, say }: Start) {
  const server = parts.includes('postgres')
    ? await startPostgres({ folder, port: ports.postgres, isDurable: true })
    : undefined;
  const url = server?.url ?? environment.DATABASE_URL;
  if (!url) throw new Error('There is no database: start the part "postgres", or set DATABASE_URL.');
  await migrate(url);
  say(`PostgreSQL  ${withoutPassword(url)}`);
  return { server, url };
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = shown.password && '…';
  return decodeURI(shown.href);
}

async function useTemporal({ folder, ports, parts, environment, say }: Start) {
  if (!parts.includes('temporal')) {
    const address = environment.TEMPORAL_ADDRESS;
    if (!address) throw new Error('There is no Temporal: start the part "temporal", or set TEMPORAL_ADDRESS.');
    await prepareNamespace(address, environment.TEMPORAL_NAMESPACE || 'default');
    say(`Temporal    ${address}`);
    return { server: undefined, address };
  }
  const dbFile = join(folder, 'temporal.db');
  const server = await startTemporal({ folder, port: ports.temporal, uiPort: ports.temporalUi, dbFile });
  say(`Temporal    ${server.address}, UI at ${server.uiUrl}`);
  return { server, address: server.address };
}

async function useSandbox({ folder, ports, parts, sandboxFlags, say }: Start) {
  if (!parts.includes('sandbox')) return { server: undefined, environment: {} };
  const flags = PORTS_OF.sandbox.flatMap((name) => [`--${name}-port`, String(ports[name])]);
  const place = ['--dir', join(folder, 'sandbox'), '--webhooks', `http://127.0.0.1:${ports.api}/webhooks`];
  const server = await startNode(folder, 'sandbox', 'sandbox/main.ts', [...place, ...flags, ...sandboxFlags]);
  await untilReady(server, async () => /^ready$/m.test(server.lastLines()));
  say(
    `Sandbox     Wise, PayPal, Lob, the bank on ${ports.wise} to ${ports.bank}; mail at http://127.0.0.1:${ports.mail}`,
  );
  return { server, environment: sandboxEnvironment(ports, await fetchSandboxKeys(ports)) };
}

async function startOurs(start: Start, part: 'worker' | 'api', environment: Environment) {
  const { folder, ports, parts, say } = start;
  if (!parts.includes(part)) return undefined;
  const url = `http://127.0.0.1:${ports[part]}`;
  const startOne = async () => {
    const server = await startNode(folder, part, `${part}/main.ts`, [], environment);
    await untilReady(server, answersOk(`${url}/readyz`));
    return server;
  };
  const server = await keepRunning(startOne, start);
  say(part === 'api' ? `API         ${url}` : `Worker      ${url}/readyz`);
  return server;
}

const startNode = (folder: string, name: string, script: string, args: string[], env?: Environment) =>
  startChild({
    name,
    command: process.execPath,
    args: [join(ROOT, script), ...args],
    folder,
    cwd: ROOT,
    ...(env && { env }),
  });

/** A server that exits by itself, and is not kept running, stops the stack, because half a stack only confuses. */
async function firstEnd(servers: readonly Child[], stop: Stopper): Promise<string> {
  const ends = servers.map(async (server) => ({ server, how: await server.ended }));
  const { server, how } = await Promise.race(ends);
  if (stop.wasAsked()) return new Promise(() => {});
  await stop.now();
  return `${server.name} ${how}, so the stack was stopped. Its last lines:\n${server.lastLines()}`;
}
