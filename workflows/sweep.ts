import { proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const once = {
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 2 },
} as const;
const { wakeOverdue, openMissedRuns, tidy } = proxyActivities<Activities>(once);
const { sendNotifications } = proxyActivities<Activities>({ ...once, taskQueue: TASK_QUEUES.notify });

const MAIL_PAGES_MAX = 20;

/** Runs every minute: starts the work that is overdue by its rows, sends notices, and tidies up. The next minute repeats what failed. */
export async function sweep(): Promise<number> {
  const woken = await wakeOverdue();
  await openMissedRuns();
  for (let page = 0; page < MAIL_PAGES_MAX && (await sendNotifications()) > 0; page += 1);
  await tidy();
  return woken;
}
