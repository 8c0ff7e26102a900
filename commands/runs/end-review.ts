import type { Database } from '../../db/database.ts';
import { approveRunPayouts, cancelRunPayouts } from '../../db/payouts/payouts.ts';
import { type Run, updateRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import type { RunStatus } from '../../domain/runs/run.ts';

/** Ends the review of a run. A run that is not approved frees its lines in the same transaction. */
export async function endReview(tx: Database, run: Run, status: RunStatus, reason: string | null): Promise<void> {
  await updateRun(tx, run.id, { status, reason });
  if (status === 'approved') await approveRunPayouts(tx, run.id);
  else await cancelRunPayouts(tx, run.id, `the run was ${status}`);
  await addNotification(tx, {
    kind: 'run_decided',
    dedupeKey: `run_decided/${run.id}/${status}`,
    audience: 'finance',
    partnerId: null,
    body: { run: run.id, schedule: run.schedule, periodEnd: run.periodEnd, status },
  });
}
