import {
  type CheckException,
  type ExceptionVerdict,
  findPresented,
  lockException,
  type Presented,
  recordExceptionVerdict,
} from '../../db/checks/exceptions.ts';
import type { Database } from '../../db/database.ts';
import { lockPayout } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { closeTask, lockTask } from '../../db/tasks/tasks.ts';
import { whyNotPay } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import type { Role } from '../../domain/people/role.ts';

export type Verdict = ExceptionVerdict & { role: Role };

/**
 * Records what a person decided about a check that the bank asks about, and closes the task. The bank is told next. Anybody who may
 * decide may have it returned. Throws Failure `check_exception_over`, `not_allowed`, `approver_is_payee` or `check_must_be_returned`.
 */
export const decideException = (db: Database, taskId: string, verdict: Verdict): Promise<CheckException> =>
  db.transaction(async (tx) => {
    const { decision, reason, by } = verdict;
    const task = await lockTask(tx, taskId);
    if (task.kind !== 'check_exception') throw new Failure('not_found', `Task ${taskId} is not about a check.`);
    if (task.closedAt)
      throw new Failure('check_exception_over', `The task is closed (${task.resolution}). Nothing was recorded.`);
    const id = task.subject.replace('check-exception/', '');
    if (task.payoutId) await lockPayout(tx, task.payoutId); // a request to stop the check at this moment waits
    if (decision === 'pay') refusePay(verdict, await findPresented(tx, id, by));
    await recordExceptionVerdict(tx, id, { decision, reason, by });
    await closeTask(tx, task, { actorId: by, resolution: `${decision}: ${reason}` });
    await addAuditEntry(tx, { actorId: by, action: `check.${decision}`, subject: task.subject, detail: { reason } });
    return lockException(tx, id);
  });

/** Whether we may still tell the bank to pay. The check may have been stopped since the decision. */
export async function mayStillPay(db: Database, { id }: CheckException): Promise<boolean> {
  return whyNotPay(await findPresented(db, id, null)) === undefined;
}

/** The bank pays a check that it doubts only if an approver says so, the check does not pay that approver, and it is ours as presented. */
function refusePay({ role }: Verdict, check: Presented | null): void {
  if (role !== 'approver')
    throw new Failure(
      'not_allowed',
      'Only an approver may have the bank pay a check that it asks about. Nothing was decided.',
    );
  if (check?.isPayee)
    throw new Failure(
      'approver_is_payee',
      'This check pays you, so another approver must decide. Nothing was decided.',
    );
  const why = whyNotPay(check);
  if (why)
    throw new Failure(
      'check_must_be_returned',
      `The bank must not pay this check: ${why}. Nothing was decided. Have it returned. A payout that is owed can be paid again.`,
    );
}
