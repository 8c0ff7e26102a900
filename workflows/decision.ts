import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import type { PolicySubject } from '../domain/programs/policies.ts';
import { answeredSignal, HEARTBEAT_TIMEOUT } from '../temporal/messages.ts';

const { advanceDecision } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  summary: 'bring it to where time and answers have it',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Follows a deal, a request or a claim until it is over. Every decision is a row before this knows of it: the signal and the timer only
 * make it look.
 */
export async function decision(subject: PolicySubject, id: string): Promise<string> {
  let signals = 0;
  setHandler(answeredSignal, () => void (signals += 1));
  for (;;) {
    const known = signals;
    const { status, isOver, waitMs } = await advanceDecision(subject, id);
    const nextLook = isOver ? '' : `\n\nnext look ${new Date(Date.now() + waitMs).toISOString().slice(0, 19)} UTC`;
    setCurrentDetails(`**${subject}**: ${status}${nextLook}`);
    if (isOver) return status;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof decision>(subject, id);
    await condition(() => signals > known, waitMs);
  }
}
