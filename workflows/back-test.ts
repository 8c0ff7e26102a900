import { proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { giveUpBackTest } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
/** It replays all events of a program, so a large one needs hours. It goes on where an earlier try ended. */
const { runBackTest } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes', maximumAttempts: 5 },
});

/** Replays past events by a draft of terms. */
export async function backTest(id: string): Promise<void> {
  try {
    await runBackTest(id);
  } catch (failure) {
    await giveUpBackTest(id);
    throw failure;
  }
}
