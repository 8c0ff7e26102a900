import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { isRunOver, type RunStatus } from '../domain/runs/run.ts';
import {
  decideUpdate,
  HEARTBEAT_TIMEOUT,
  runChangedSignal,
  runStatusQuery,
  TASK_QUEUES,
} from '../temporal/messages.ts';
import { runStateKey } from '../temporal/search-attributes.ts';

const common = {
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
} as const;
const { recordDecision, reviewRun, startDisbursing } = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: '1 minute',
});
const { openRun, startPage } = proxyActivities<Activities>({
  ...common,
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '10 minutes',
});

/** Prepares one run's payouts, waits for the people its policy asks for, then starts them page by page. */
export async function run(id: string): Promise<RunStatus> {
  let news = 0;
  let progress = { status: 'preparing' as RunStatus, waitMs: 0, summary: 'preparing' };
  const learn = (next: typeof progress) => {
    if (next.status !== progress.status) upsertSearchAttributes([{ key: runStateKey, value: next.status }]);
    if (next.summary !== progress.summary) setCurrentDetails(next.summary);
    progress = next;
  };
  setHandler(runChangedSignal, () => void (news += 1));
  setHandler(runStatusQuery, () => progress.status);
  setHandler(decideUpdate, async (decision) => {
    learn(await recordDecision(id, decision)); // one transaction refuses or records
    news += 1;
    return progress.status;
  });

  let known = news;
  const waitForNews = async () => {
    await condition(() => news > known, Math.max(progress.waitMs, 1));
    known = news;
  };

  learn(await openRun(id));
  while (progress.status === 'review') {
    await waitForNews();
    learn(await reviewRun(id));
  }
  while (progress.status === 'approved') {
    learn(await startDisbursing(id));
    if (progress.status === 'approved') await waitForNews();
  }
  while (!isRunOver(progress.status)) {
    learn(await startPage(id));
    if (isRunOver(progress.status)) break;
    await waitForNews();
    if (!workflowInfo().continueAsNewSuggested) continue;
    await condition(allHandlersFinished);
    await continueAsNew<typeof run>(id);
  }
  await condition(allHandlersFinished);
  return progress.status;
}
