import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { HEARTBEAT_TIMEOUT, reRatingChangedSignal, TASK_QUEUES } from '../temporal/messages.ts';

const { advanceReRating } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  summary: 'the next partners of a re-rating',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Works out a re-rating partner by partner, and ends when it waits for a person or is done. */
export async function reRating(id: string): Promise<void> {
  let signals = 0;
  setHandler(reRatingChangedSignal, () => void (signals += 1));
  for (;;) {
    const known = signals;
    const hasMore = await advanceReRating(id);
    if (!hasMore && signals === known) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof reRating>(id);
  }
}
