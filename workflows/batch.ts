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
import type { BatchState } from '../domain/payouts/batch.ts';
import type { GatewayName } from '../domain/rails.ts';
import { batchChangedSignal, HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';
import { batchStateKey, dueKey } from '../temporal/search-attributes.ts';

/** Asks for many payments at once, and ends when each of its payouts follows its own. */
export async function batch(id: string, gateway: GatewayName): Promise<BatchState> {
  const { advanceBatch } = proxyActivities<Activities>({
    taskQueue: TASK_QUEUES[gateway],
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    summary: `the next step at ${gateway}: ask, resolve, name or hand over`,
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
  });
  let news = 0;
  let shown = '';
  setHandler(batchChangedSignal, () => void (news += 1));
  for (;;) {
    const known = news;
    const { state, word, items, isFinal, waitMs } = await advanceBatch(id); // started again, it looks up instead of asking twice
    if (shown !== state) {
      shown = state;
      upsertSearchAttributes([
        { key: batchStateKey, value: state },
        { key: dueKey, value: isFinal ? null : new Date(Date.now() + waitMs) },
      ]);
      setCurrentDetails(`**${state}**: ${items} payouts${word ? `, ${gateway} says ${word}` : ''}`);
    }
    if (isFinal) return state;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof batch>(id, gateway);
    await condition(() => news > known, Math.max(waitMs, 1));
  }
}
