import { type NativeConnection, Worker, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';

import type { Activities } from '../activities/index.ts';
import { TASK_QUEUES } from '../temporal/messages.ts';

export type WorkersOptions = {
  connection: NativeConnection;
  namespace: string;
  workflowBundle: WorkflowBundleOption;
  activities: Activities;
  /** Put before every queue's name; tests that share a server take one of their own. */
  buildId?: string;
};

const SHUTDOWN_GRACE = '30 seconds';
const SHUTDOWN_FORCE = '60 seconds';

/** How much of each kind runs at once in one process; the gateways' own limits are per provider and far above these. */
const CONCURRENCY: Record<keyof typeof TASK_QUEUES, Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions'>> = {
  main: { maxConcurrentActivityTaskExecutions: 20 },
  bulk: { maxConcurrentActivityTaskExecutions: 4 },
  wise: { maxConcurrentActivityTaskExecutions: 12 },
  paypal: { maxConcurrentActivityTaskExecutions: 12 },
  lob: { maxConcurrentActivityTaskExecutions: 8 },
  'printed-check': { maxConcurrentActivityTaskExecutions: 8 },
  notify: { maxConcurrentActivityTaskExecutions: 2 },
};

const CACHED_WORKFLOWS_MAX = 600;
/** A workflow whose worker is gone is given to another one after this time, not after ten seconds: a person may wait for its answer. */
const STICKY_TIMEOUT = '2 seconds';

/** One worker a queue; only the main one runs workflows. */
export function createWorkers({
  connection,
  namespace,
  workflowBundle,
  activities,
}: WorkersOptions): Promise<Worker[]> {
  const shared = {
    connection,
    namespace,
    activities,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  } as const;
  return Promise.all(
    Object.entries(TASK_QUEUES).map(([name, taskQueue]) =>
      Worker.create({
        ...shared,
        ...CONCURRENCY[name as keyof typeof TASK_QUEUES],
        ...(taskQueue === TASK_QUEUES.main
          ? {
              workflowBundle,
              maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
              stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
            }
          : {}),
        taskQueue,
      }),
    ),
  );
}
