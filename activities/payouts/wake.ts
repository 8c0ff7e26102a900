import type { Client } from '@temporalio/client';

import type { PayoutStart } from '../../domain/payouts/payout.ts';
import { wakePayout } from '../../temporal/starts.ts';

/** More at once is slower, not faster: the server, the worker and PostgreSQL share the machine. */
const STARTS_IN_PARALLEL = 20;

/** Starts or wakes payouts, some at a time. The sweep wakes those that this does not reach, because their rows say when they are due. */
export async function wakePayouts(temporal: Client, payouts: readonly PayoutStart[]): Promise<void> {
  const waiting = [...payouts];
  const wakeNext = async (): Promise<void> => {
    for (let payout = waiting.shift(); payout; payout = waiting.shift()) await wakePayout(temporal, payout);
  };
  await Promise.all(Array.from({ length: STARTS_IN_PARALLEL }, wakeNext));
}
