import { asyncLocalStorage } from '@temporalio/activity';
import type { DatabasePool } from 'slonik';

import { decideRun, remindOrExpire } from '../../commands/runs/decide.ts';
import { prepareRun } from '../../commands/runs/prepare.ts';
import { hasDecided } from '../../db/runs/approvals.ts';
import type { Decision } from '../../domain/runs/approval.ts';
import { readProgress, type RunProgress } from './progress.ts';

export type PrepareRunDeps = { db: DatabasePool };

const isLaterTry = (): boolean => (asyncLocalStorage.getStore()?.info.attempt ?? 1) > 1;

/** A run from the draft to the decision. Each activity reads where the run is now in the transaction of its change. */
export const createPrepareRunActivities = ({ db }: PrepareRunDeps) => ({
  /** Prepares a run's payouts, or returns how far it got before. */
  openRun: (runId: string): Promise<RunProgress> =>
    db.transaction(async (tx) => {
      await prepareRun(tx, runId);
      return readProgress(tx, runId);
    }),

  /**
   * Records a decision, or refuses it. Throws the refusal as a Failure. A later try may find that the first one has recorded it, although
   * Temporal never heard so.
   */
  async recordDecision(runId: string, decision: Decision): Promise<RunProgress> {
    const { refusal, progress } = await db.transaction(async (tx) => {
      const isRecorded = isLaterTry() && (await hasDecided(tx, { runId, actorId: decision.by, ...decision }));
      const why = isRecorded ? undefined : await decideRun(tx, runId, decision);
      return { refusal: why, progress: await readProgress(tx, runId) };
    });
    if (refusal) throw refusal; // after the commit, because the run may have been redrawn
    return progress;
  },

  /** Returns where a run is. Reminds the approvers of a review once a day, and ends a review that took too long. */
  reviewRun: (runId: string): Promise<RunProgress> =>
    db.transaction(async (tx) => {
      await remindOrExpire(tx, runId);
      return readProgress(tx, runId);
    }),
});
