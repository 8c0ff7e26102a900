import { proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { giveUpAudit, startMonthlyAudits } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
/** It works out all events of a program again, so a large one needs hours. It goes on where an earlier try ended. */
const { auditMonth } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes', maximumAttempts: 5 },
});

/** Works a month of a program out again, and compares it with the books. Returns how many differences there are. */
export async function audit(id: string): Promise<number> {
  try {
    const differences = await auditMonth(id);
    setCurrentDetails(`${differences} differences`);
    return differences;
  } catch (failure) {
    await giveUpAudit(id);
    throw failure;
  }
}

/** Starts the audits of the month before, one for each program. */
export async function monthlyAudits(): Promise<number> {
  const scheduledAt = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const at = scheduledAt instanceof Date ? scheduledAt : workflowInfo().startTime;
  return startMonthlyAudits(at.toISOString().slice(0, 'YYYY-MM-DD'.length));
}
