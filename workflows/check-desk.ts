import { proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { checkDeskSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { sayCheckDeskIsSilent } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
const { workCheckDesk } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES['printed-check'],
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
});

/** Does the work that waits at the bank that checks are drawn on: exceptions, decisions, renewals. Ends when no new signal has come. */
export async function checkDesk(): Promise<number> {
  let signals = 0;
  let open = 0;
  setHandler(checkDeskSignal, () => void (signals += 1));
  for (let known = -1; known < signals;) {
    known = signals;
    try {
      open = await workCheckDesk();
    } catch (failure) {
      await sayCheckDeskIsSilent();
      throw failure; // the Schedule starts it again within minutes
    }
  }
  setCurrentDetails(`${open} checks wait for a decision`);
  return open;
}
