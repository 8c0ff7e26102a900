import { type NativeConnection, Worker, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';

import type { Activities } from '../activities/index.ts';
import { TASK_QUEUES } from '../temporal/messages.ts';

export type WorkersOptions = {
  connection: NativeConnection;
  namespace: string;
  workflowBundle: WorkflowBundleOption;
  activities: Activities;
};

const SHUTDOWN_GRACE = '30 seconds';
const SHUTDOWN_FORCE = '60 seconds';

/** How many activities of each kind run at once in one process. The limits of the providers are far above these. */
const CONCURRENCY: Record<keyof typeof TASK_QUEUES, Pick<WorkerOptions, 'maxConcurrentActivityTaskExecutions'>> = {
  main: { maxConcurrentActivityTaskExecutions: 20 },
  bulk: { maxConcurrentActivityTaskExecutions: 4 },
  wise: { maxConcurrentActivityTaskExecutions: 12 },
  paypal: { maxConcurrentActivityTaskExecutions: 12 },
  lob: { maxConcurrentActivityTaskExecutions: 8 },
  'printed-check': { maxConcurrentActivityTaskExecutions: 8 },
  notify: { maxConcurrentActivityTaskExecutions: 2 },
  webhooks: { maxConcurrentActivityTaskExecutions: 8 },
};

const CACHED_WORKFLOWS_MAX = 600;
/** After this time another worker takes over a workflow whose worker is gone. The default is ten seconds, but a person may be waiting. */
const STICKY_TIMEOUT = '2 seconds';

/** One worker for each queue. Only the main one runs workflows. */
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
