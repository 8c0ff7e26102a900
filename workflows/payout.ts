import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import type { Step } from '../activities/payouts/steps.ts';
import type { GatewayName } from '../domain/rails.ts';
import type { PayoutStatus } from '../domain/payouts/payout.ts';
import { attemptChangedSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';
import { dueKey, payoutStateKey } from '../temporal/search-attributes.ts';
import { addSteps, storyOf } from './steps.ts';

/** Pays one payout and follows it until its provider reports a final status. Webhooks only wake it up. */
export async function payout(
  id: string,
  gateway: GatewayName,
  stepsBefore: readonly Step[] = [],
): Promise<PayoutStatus> {
  const { advancePayout } = proxyActivities<Activities>({
    taskQueue: TASK_QUEUES[gateway],
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    summary: `the next step at ${gateway}: ask, resolve or poll`,
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
  let signals = 0;
  let shown = '';
  let steps = stepsBefore;
  setHandler(attemptChangedSignal, () => void (signals += 1));
  for (;;) {
    const known = signals;
    const progress = await advancePayout(id); // a new start looks up instead of asking twice
    const state = progress.state ?? progress.status;
    const nextLookAt = progress.isFinal ? null : new Date(Date.now() + progress.waitMs);
    if (shown !== state) {
      shown = state;
      upsertSearchAttributes([
        { key: payoutStateKey, value: state },
        { key: dueKey, value: nextLookAt },
      ]);
    }
    steps = addSteps(steps, progress.steps);
    const reported = progress.providerStatus ? `, ${gateway} reports ${progress.providerStatus}` : '';
    const held = progress.isHeld ? ', held back by a pause or by finance' : '';
    setCurrentDetails(storyOf(`**${progress.status}**: attempt ${state}${reported}${held}`, steps, nextLookAt));
    if (progress.isFinal) return progress.status;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof payout>(id, gateway, steps);
    await condition(() => signals > known, progress.waitMs);
  }
}
