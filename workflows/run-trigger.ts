import { proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';

const { openScheduledRun } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Opens the run of the last period before a Schedule's own time, whenever the workflow itself happens to run. */
export async function runTrigger(scheduleCode: string): Promise<string | null> {
  const scheduledAt = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const at = scheduledAt instanceof Date ? scheduledAt : workflowInfo().startTime;
  return openScheduledRun(scheduleCode, at.toISOString());
}
