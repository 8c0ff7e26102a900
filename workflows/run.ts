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
import type { Step } from '../activities/payouts/steps.ts';
import { isRunOver, type RunStatus } from '../domain/runs/run.ts';
import {
  decideUpdate,
  HEARTBEAT_TIMEOUT,
  runChangedSignal,
  runStatusQuery,
  TASK_QUEUES,
} from '../temporal/messages.ts';
import { runStateKey } from '../temporal/search-attributes.ts';
import { addSteps, storyOf } from './steps.ts';

const common = {
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
} as const;
/** Each of them may write every row of a large run. The statements of a run have a limit of five minutes. */
const { recordDecision, reviewRun, startDisbursing } = proxyActivities<Activities>({
  ...common,
  startToCloseTimeout: '10 minutes',
});
const { openRun, startPage } = proxyActivities<Activities>({
  ...common,
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '10 minutes',
});

/** Temporal refuses the updates of a workflow after its first 2,000, so a run continues as a new one long before. */
const DECISIONS_MAX = 50;

/** Prepares one run's payouts, waits for the people its policy asks for, then starts them page by page. */
export async function run(id: string, stepsBefore: readonly Step[] = []): Promise<RunStatus> {
  let signals = 0;
  let decisions = 0;
  let steps = stepsBefore;
  let progress = { status: 'preparing' as RunStatus, waitMs: 0, summary: 'preparing' };
  const note = (what: string) => {
    steps = addSteps(steps, [{ at: new Date().toISOString(), what }]);
  };
  const learn = (next: typeof progress) => {
    if (next.status !== progress.status) {
      upsertSearchAttributes([{ key: runStateKey, value: next.status }]);
      if (steps.at(-1)?.what !== next.status) note(next.status); // a run that was continued has noted it before
    }
    progress = next;
    const nextLookAt = isRunOver(next.status) ? null : new Date(Date.now() + next.waitMs);
    setCurrentDetails(storyOf(next.summary, steps, nextLookAt));
  };
  setHandler(runChangedSignal, () => void (signals += 1));
  setHandler(runStatusQuery, () => progress.status);
  setHandler(decideUpdate, async (decision) => {
    decisions += 1; // a refused one counts too
    const next = await recordDecision(id, decision); // one transaction refuses or records
    note(`${decision.by} decided: ${decision.decision}`);
    learn(next);
    signals += 1;
    return progress.status;
  });

  let known = signals;
  const waitForSignal = async () => {
    await condition(() => signals > known || isLong(), Math.max(progress.waitMs, 1));
    known = signals;
  };
  const isLong = () => decisions >= DECISIONS_MAX || workflowInfo().continueAsNewSuggested;
  const continueIfLong = async () => {
    if (!isLong()) return;
    await condition(allHandlersFinished);
    await continueAsNew<typeof run>(id, steps);
  };

  learn(await openRun(id));
  while (progress.status === 'review') {
    await waitForSignal();
    learn(await reviewRun(id));
    await continueIfLong();
  }
  while (progress.status === 'approved') {
    learn(await startDisbursing(id));
    if (progress.status === 'approved') await waitForSignal();
    await continueIfLong();
  }
  while (!isRunOver(progress.status)) {
    learn(await startPage(id));
    if (isRunOver(progress.status)) break;
    await waitForSignal();
    await continueIfLong();
  }
  await condition(allHandlersFinished);
  return progress.status;
}
