import type { Database } from '../../db/database.ts';
import { countApprovals } from '../../db/runs/approvals.ts';
import { countLivePayouts, listRunContent, type Run, updateRun } from '../../db/runs/runs.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { contentHash } from '../../domain/runs/content.ts';

/**
 * Gives a run in review the hash of what it pays now. Approvals of its earlier content are void, and finance is told so. Returns how many
 * payouts it has now.
 */
export async function renewContent(tx: Database, run: Run): Promise<number> {
  const approvals =
    run.contentHash === null ? 0 : await countApprovals(tx, run.id, Buffer.from(run.contentHash, 'hex'));
  await updateRun(tx, run.id, { contentHash: contentHash(await listRunContent(tx, run.id)) });
  if (approvals > 0)
    await addNotification(tx, {
      kind: 'approvals_void',
      dedupeKey: `approvals_void/${run.id}/${run.contentHash}`,
      audience: 'finance',
      partnerId: null,
      body: { run: run.id, schedule: run.schedule, periodEnd: run.periodEnd, approvals },
    });
  return countLivePayouts(tx, run.id);
}
