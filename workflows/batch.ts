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
import type { BatchState } from '../domain/payouts/batch.ts';
import type { GatewayName } from '../domain/rails.ts';
import { batchChangedSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';
import { batchStateKey, dueKey } from '../temporal/search-attributes.ts';
import { addSteps, storyOf } from './steps.ts';

/** Asks for many payments at once, and ends when each of its payouts follows its own payment. */
export async function batch(id: string, gateway: GatewayName, stepsBefore: readonly Step[] = []): Promise<BatchState> {
  const { advanceBatch } = proxyActivities<Activities>({
    taskQueue: TASK_QUEUES[gateway],
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    summary: `the next step at ${gateway}: ask, resolve, name or hand over`,
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
  let signals = 0;
  let shown = '';
  let steps = stepsBefore;
  setHandler(batchChangedSignal, () => void (signals += 1));
  for (;;) {
    const known = signals;
    const progress = await advanceBatch(id); // a new start looks up instead of asking twice
    const { state, items, isFinal, waitMs } = progress;
    const nextLookAt = isFinal ? null : new Date(Date.now() + waitMs);
    if (shown !== state) {
      shown = state;
      upsertSearchAttributes([
        { key: batchStateKey, value: state },
        { key: dueKey, value: nextLookAt },
      ]);
    }
    steps = addSteps(steps, progress.steps);
    const reported = progress.providerStatus ? `, ${gateway} reports ${progress.providerStatus}` : '';
    const held = progress.isHeld ? ', held back by a pause' : '';
    setCurrentDetails(storyOf(`**${state}**: ${items} payouts${reported}${held}`, steps, nextLookAt));
    if (isFinal) return state;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof batch>(id, gateway, steps);
    await condition(() => signals > known, Math.max(waitMs, 1));
  }
}
