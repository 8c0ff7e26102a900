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
import type { GatewayName } from '../domain/rails.ts';
import type { PayoutStatus } from '../domain/payouts/payout.ts';
import { attemptChangedSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';
import { dueKey, payoutStateKey } from '../temporal/search-attributes.ts';

/** Pays one payout and follows it until the provider's word is final. Webhooks only wake it up. */
export async function payout(id: string, gateway: GatewayName): Promise<PayoutStatus> {
  const { advancePayout } = proxyActivities<Activities>({
    taskQueue: TASK_QUEUES[gateway],
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    summary: `the next step at ${gateway}: ask, resolve or read`,
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
  let news = 0;
  let shown = '';
  setHandler(attemptChangedSignal, () => void (news += 1));
  for (;;) {
    const known = news;
    const progress = await advancePayout(id); // started again, it looks up instead of asking twice
    const state = progress.state ?? progress.status;
    if (shown !== state) {
      shown = state;
      upsertSearchAttributes([
        { key: payoutStateKey, value: state },
        { key: dueKey, value: progress.isFinal ? null : new Date(Date.now() + progress.waitMs) },
      ]);
      setCurrentDetails(
        `**${progress.status}**: attempt ${state}${progress.word ? `, ${gateway} says ${progress.word}` : ''}`,
      );
    }
    if (progress.isFinal) return progress.status;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof payout>(id, gateway);
    await condition(() => news > known, progress.waitMs);
  }
}
