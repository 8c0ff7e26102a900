import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { sayInvariantsAreUnchecked } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
/** The rules read whole tables, so a large database needs hours. The heartbeats tell Temporal when the worker is gone. */
const { checkInvariants } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '4 hours',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes', maximumAttempts: 5 },
});

/** Verifies every night that the rules of the books hold. Each rule that does not hold raises an alarm. */
export async function nightlyInvariants(): Promise<{ asked: number; broken: number }> {
  try {
    const counts = await checkInvariants();
    setCurrentDetails(`${counts.asked} invariants asked, ${counts.broken} broken`);
    return counts;
  } catch (failure) {
    await sayInvariantsAreUnchecked();
    throw failure; // the next night asks again
  }
}
