import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const once = { heartbeatTimeout: HEARTBEAT_TIMEOUT, retry: { maximumAttempts: 2 } } as const;
const { gatherNews } = proxyActivities<Activities>({ ...once, startToCloseTimeout: '2 minutes' });
/** The queue is the mail's own, so that a mail server that answers slowly delays nothing else. */
const { sendNotifications } = proxyActivities<Activities>({
  ...once,
  taskQueue: TASK_QUEUES.notify,
  startToCloseTimeout: '5 minutes',
});

/**
 * Runs every minute, but never twice at once: gathers what people must be told, and sends the notices that are due until none is. The
 * next minute repeats what failed. A failure to gather delays no notice that is written already.
 */
export async function mail(isGathered = false): Promise<void> {
  const gathered = isGathered ? [] : await Promise.allSettled([gatherNews()]);
  while (await sendNotifications()) if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof mail>(true);
  for (const outcome of gathered) if (outcome.status === 'rejected') throw outcome.reason;
}
