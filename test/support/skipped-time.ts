import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject } from 'vitest';

import type { Activities } from '../../activities/index.ts';
import { asTypeNumbers } from '../../deploy/namespace.ts';
import { commandOf, forgetPid, recordPid } from '../../scripts/stack/pids.ts';
import { SEARCH_ATTRIBUTES } from '../../temporal/search-attributes.ts';
import { createWorkers } from '../../worker/workers.ts';
import { quietRuntime } from './runtime.ts';

/** Set-up puts it there. */
const TEST_SERVER = fileURLToPath(new URL('../../.data/bin/temporal-test-server', import.meta.url));
const NAMESPACE = 'default';

export type SkippedTime = Awaited<ReturnType<typeof openSkippedTime>>;

/**
 * Opens Temporal's test server with workers for these activities. While a test waits for a workflow's result and every
 * workflow sleeps, the server's clock jumps to the next timer. The database's clock does not jump. Therefore `letTimePass` is
 * told before each activity how much time was skipped since the last one, and makes the rows older by as much. Close it when
 * the file is done.
 */
export async function openSkippedTime(activities: Partial<Activities>, letTimePass: (ms: number) => Promise<void>) {
  quietRuntime();
  const { environment, forget } = await startServer();
  const searchAttributes = asTypeNumbers(Object.entries(SEARCH_ATTRIBUTES));
  await environment.connection.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });

  let aheadMs = 0;
  async function catchUp(): Promise<void> {
    const nowAheadMs = (await environment.currentTimeMs()) - Date.now();
    await letTimePass(nowAheadMs - aheadMs);
    aheadMs = nowAheadMs;
  }
  const aged = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      await catchUp();
      return (activity as (...given: unknown[]) => Promise<unknown>)(...args);
    },
  ]);

  const workers = await createWorkers({
    connection: environment.nativeConnection,
    namespace: NAMESPACE,
    workflowBundle: { code: await readFile(inject('workflowBundle'), 'utf8') },
    activities: Object.fromEntries(aged) as Activities,
  });
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return {
    temporal: environment.client,
    now: () => environment.currentTimeMs(),
    /** Begins a test, so that time skipped before does not age its rows. Returns the server's time in milliseconds. */
    async begin() {
      await catchUp();
      return environment.currentTimeMs();
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await ended;
      await environment.teardown();
      await forget();
    },
  };
}

/** The SDK starts the server and keeps its process to itself, so a script in front writes the process down for the guard. */
async function startServer() {
  const folder = inject('runFolder');
  const path = join(folder, 'time-skipping');
  await writeFile(path, `#!/bin/sh\necho $$ > "$0.pid"\nexec '${TEST_SERVER}' "$@"\n`, { mode: 0o755 });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const pid = Number(await readFile(`${path}.pid`, 'utf8'));
  const command = await commandOf(pid);
  if (command) await recordPid(folder, 'time-skipping', { pid, command, stopSignal: 'SIGTERM', killSignal: 'SIGKILL' });
  return { environment, forget: () => forgetPid(folder, 'time-skipping') };
}
