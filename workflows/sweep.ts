import { proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT } from '../temporal/messages.ts';

const once = {
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 2 },
} as const;
const { wakeOverdue, openMissedRuns, tidy } = proxyActivities<Activities>(once);

/** Runs every minute: starts the work that is overdue by its rows, and tidies up. The next minute repeats what failed. */
export async function sweep(): Promise<number> {
  const woken = await wakeOverdue();
  await openMissedRuns();
  await tidy();
  return woken;
}
