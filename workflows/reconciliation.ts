import { ApplicationFailure, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/index.ts';
import { DAY_MS } from '../domain/durations.ts';
import { GATEWAYS, type GatewayName } from '../domain/rails.ts';
import { HEARTBEAT_TIMEOUT, TASK_QUEUES } from '../temporal/messages.ts';

const { reconcileDay } = proxyActivities<Activities>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '5 seconds', maximumInterval: '10 minutes', maximumAttempts: 50 },
});

/** Compares one gateway's statement of one day, local to each account's zone, with the ledger. */
export async function reconciliation(gateway: GatewayName, day: string): Promise<{ lines: number; breaks: number }> {
  const counts = await reconcileDay(gateway, day);
  setCurrentDetails(`${counts.lines} statement lines, ${counts.breaks} open breaks`);
  return counts;
}

/** Statements may be late, PayPal's by hours, so each reading reads the last days again. */
const DAYS_READ_AGAIN = 3;

/** Reconciles the last days of every gateway that are over in the account's zone. A gateway that refuses its statement does not stop the others. */
export async function nightlyReconciliation(): Promise<void> {
  const scheduledAt = workflowInfo().searchAttributes['TemporalScheduledStartTime']?.[0];
  const at = scheduledAt instanceof Date ? scheduledAt : workflowInfo().startTime;
  const read = await Promise.allSettled(GATEWAYS.map((gateway) => reconcileLastDays(gateway, at)));
  const missing = GATEWAYS.filter((_, index) => read[index]?.status === 'rejected');
  if (missing.length > 0)
    throw ApplicationFailure.nonRetryable(
      `These gateways could not be reconciled: ${missing.join(', ')}. The others were. The next night tries again.`,
      'statement_not_read',
    );
}

/** A zone may be a day ahead of UTC, so its last day that is over may be the current day of UTC. */
async function reconcileLastDays(gateway: GatewayName, at: Date): Promise<void> {
  for (let back = 0; back <= DAYS_READ_AGAIN; back += 1)
    await reconcileDay(gateway, new Date(at.getTime() - back * DAY_MS).toISOString().slice(0, 10), at.toISOString());
}
