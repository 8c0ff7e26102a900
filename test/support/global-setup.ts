import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { TestProject } from 'vitest/node';

import { migrate } from '../../db/migrate.ts';
import { startGuard } from '../../scripts/stack/guard.ts';
import { commandOf, stopLeftOver } from '../../scripts/stack/pids.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { createDatabase, removePostgres, startPostgres } from '../../scripts/stack/postgres.ts';
import { startTemporal, type Temporal } from '../../scripts/stack/temporal.ts';
import { buildWorkflowBundle } from '../../worker/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser of the test PostgreSQL. The path of the URL is empty. */
    databaseServer: string;
    /** The name of the migrated database that tests copy. */
    databaseTemplate: string;
    temporalAddress: string;
    /** The folder of this run, whose recorded servers are stopped when the run is killed. */
    runFolder: string;
    /** The file of the workflow bundle. */
    workflowBundle: string;
  }
}

const TESTS = resolve('.data/test');
const TEMPLATE = 'bursar_template';

/**
 * One PostgreSQL with a migrated template, one Temporal server and one workflow bundle for the whole run. Each run has
 * its own folder and free ports, so that several runs can work at once. A guard cleans up after a run that is killed.
 */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  await removeDeadRuns();
  const folder = join(TESTS, String(process.pid));
  await mkdir(folder, { recursive: true });
  const guard = startGuard(folder, { removesFolder: true });

  const starting = Promise.all([startTestPostgres(folder), startTestTemporal(folder), bundleWorkflows(folder)]);
  starting.catch(guard.release); // stops the parts that had started
  const [postgres, temporal, bundle] = await starting;
  project.provide('runFolder', folder);
  project.provide('databaseServer', postgres.url);
  project.provide('databaseTemplate', TEMPLATE);
  project.provide('temporalAddress', temporal.address);
  project.provide('workflowBundle', bundle);

  return async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    removePostgres(folder);
    guard.release();
  };
}

/** Copying a migrated database takes a tenth of a second. Migrating a new one takes several seconds. */
async function startTestPostgres(folder: string) {
  const server = await startPostgres({ folder, port: await freePort(), isDurable: false });
  await createDatabase(server.url, TEMPLATE);
  const serverUrl = new URL('/', server.url).href;
  await migrate(`${serverUrl}${TEMPLATE}`);
  return { ...server, url: serverUrl };
}

/** Timers fire when they are due, not up to a second later. A task that died with its worker soon goes to another worker. */
const TEMPORAL_SETTINGS = {
  'history.timerProcessorMaxTimeShift': '"10ms"',
  'history.defaultWorkflowTaskTimeout': '"2s"',
};

const TEMPORAL_TRIES = 3;

/** Tries again when it could not start: another program may have taken one of the server's ports since they were free. */
async function startTestTemporal(folder: string, triesLeft = TEMPORAL_TRIES - 1): Promise<Temporal> {
  const starting = startTemporal({ folder, port: await freePort(), settings: TEMPORAL_SETTINGS });
  return triesLeft === 0 ? starting : starting.catch(() => startTestTemporal(folder, triesLeft - 1));
}

async function bundleWorkflows(folder: string): Promise<string> {
  const file = join(folder, 'workflow-bundle.js');
  const { code } = await buildWorkflowBundle();
  await writeFile(file, code);
  return file;
}

/** Removes the servers of runs whose guard was killed too. */
async function removeDeadRuns(): Promise<void> {
  for (const name of await readdir(TESTS).catch(() => [])) {
    if (await commandOf(Number(name))) continue;
    const folder = join(TESTS, name);
    await stopLeftOver(folder);
    removePostgres(folder);
    await rm(folder, { recursive: true, force: true });
  }
}
