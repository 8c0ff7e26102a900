import { proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const once = { heartbeatTimeout: HEARTBEAT_TIMEOUT, retry: { maximumAttempts: 2 } } as const;
const { listWebhooksDue } = proxyActivities<Activities>({ ...once, startToCloseTimeout: '1 minute' });
/** The queue is their own, so that a receiver that answers slowly delays no mail and no payment. */
const { deliverWebhooks } = proxyActivities<Activities>({
  ...once,
  taskQueue: TASK_QUEUES.webhooks,
  startToCloseTimeout: '3 minutes',
});

/** Runs every minute, but never twice at once: sends each endpoint what is due. The rows say when a try that failed is due again. */
export async function webhooks(): Promise<void> {
  const endpoints = await listWebhooksDue();
  await Promise.allSettled(endpoints.map((id) => deliverWebhooks(id)));
}
