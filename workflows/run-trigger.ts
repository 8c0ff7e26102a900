import { proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';

const { openScheduledRun } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Opens the run of the period that a Schedule's own time ends; never of the time at which it happens to run. */
export async function runTrigger(scheduleCode: string): Promise<string | null> {
  const scheduledAt = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const at = scheduledAt instanceof Date ? scheduledAt : workflowInfo().startTime;
  return openScheduledRun(scheduleCode, at.toISOString());
}
