import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { beginDisbursing } from '../../commands/runs/disburse.ts';
import { takeStartablePayouts } from '../../db/payouts/payouts.ts';
import { countActivePayouts, getRun, readRunProgress, updateRun } from '../../db/runs/runs.ts';
import { type BatchFormingDeps, formBatches } from '../payouts/form-batches.ts';
import { wakePayouts } from '../payouts/wake.ts';
import { readProgress, type RunProgress } from './progress.ts';

export type DisburseRunDeps = BatchFormingDeps & {
  db: DatabasePool;
  temporal: Client;
  /** How many payouts may be with their providers at once: more would only wait in the queues. */
  activePayoutsMax: number;
};

const PAYOUTS_PER_PAGE = 200;

export const createDisburseRunActivities = (deps: DisburseRunDeps) => {
  const { db, temporal, activePayoutsMax } = deps;
  return {
    /** Moves an approved run to disbursing when its pay date has come and its content is the content that was approved. */
    startDisbursing: (runId: string): Promise<RunProgress> =>
      db.transaction(async (tx) => {
        await beginDisbursing(tx, runId);
        return readProgress(tx, runId);
      }),

    /**
     * Starts the next payouts of a run. Payouts that can be sent together become batches. It starts as many of the others as the
     * providers can take now. Ends the run when every payout was sent or has ended.
     */
    async startPage(runId: string): Promise<RunProgress> {
      const run = await getRun(db, runId);
      if (run.status !== 'disbursing') return readProgress(db, runId);
      await formBatches(deps, runId);
      const { waiting, asked, held } = await readRunProgress(db, runId);
      if (waiting + asked + held === 0) await updateRun(db, runId, { status: 'disbursed' });
      const room = waiting > 0 ? Math.min(activePayoutsMax - (await countActivePayouts(db)), PAYOUTS_PER_PAGE) : 0;
      if (room > 0) {
        const payouts = await takeStartablePayouts(db, runId, room);
        await wakePayouts(
          temporal,
          payouts.map((payout) => ({ ...payout, partnerCode: payout.partner })),
        );
      }
      return readProgress(db, runId);
    },
  };
};
