import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { TestWorkflowEnvironment } from '@temporalio/testing';
import { inject } from 'vitest';

import type { Activities } from '../../activities/index.ts';
import { asTypeNumbers } from '../../scripts/stack/namespace.ts';
import { SEARCH_ATTRIBUTES } from '../../temporal/search-attributes.ts';
import { createWorkers } from '../../worker/workers.ts';
import { quietRuntime } from './runtime.ts';

/** Where set-up puts it. */
const TEST_SERVER = fileURLToPath(new URL('../../.data/bin/temporal-test-server', import.meta.url));
const NAMESPACE = 'default';

export type SkippedTime = Awaited<ReturnType<typeof openSkippedTime>>;

/**
 * Temporal's test server: while a test waits for a workflow's result and every workflow sleeps, its clock jumps to the next
 * timer. The database's clock does not, so `letTimePass` is told before each activity how much was skipped since the last one,
 * and makes the rows that much older. Close it when the file is done.
 */
export async function openSkippedTime(
  activities: Partial<Activities>,
  letTimePass: (ms: number) => Promise<void> = async () => {},
) {
  quietRuntime();
  const server = { executable: { type: 'existing-path', path: TEST_SERVER } } as const;
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server });
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
    /** A test begins: what it writes from now on is not aged by what was skipped before. Answers the server's time in milliseconds. */
    async begin() {
      await catchUp();
      return environment.currentTimeMs();
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await ended;
      await environment.teardown();
    },
  };
}
