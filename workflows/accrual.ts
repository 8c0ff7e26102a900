import { continueAsNew, proxyActivities, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';

import type { Shard } from '../domain/earnings/shard.ts';
import type { Activities } from '../activities/index.ts';
import { eventsArrivedSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { accruePage } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  summary: 'one page of events',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Turns the new events of a share of a program's partners into earnings, page by page, and ends when no event is due. */
export async function accrual(shard: Shard, accruedBefore = 0): Promise<number> {
  let signals = 0;
  let accrued = accruedBefore;
  setHandler(eventsArrivedSignal, () => void (signals += 1));
  for (;;) {
    const known = signals;
    const page = await accruePage(shard);
    accrued += page;
    setCurrentDetails(`${accrued} events turned into earnings`);
    if (page === 0 && signals === known) return accrued;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof accrual>(shard, accrued);
  }
}
