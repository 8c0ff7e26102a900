import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

/** The queue is the mail's own, so that a mail server that answers slowly delays nothing else. The next minute repeats what failed. */
const { sendNotifications } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.notify,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 2 },
});

/** Runs every minute, but never twice at once: sends the notices that are due until none is. */
export async function mail(): Promise<void> {
  while (await sendNotifications()) if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof mail>();
}
