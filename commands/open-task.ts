import type { Database } from '../db/database.ts';
import { addNotification } from '../db/tasks/notifications.ts';
import { insertTask, type NewTask } from '../db/tasks/tasks.ts';
import { OPEN_FOR_MS } from '../domain/tasks/task.ts';

/** Asks a person to decide, and tells those who can, once while the task is open. Its texts hold ids, codes and states only. */
export async function openTask(tx: Database, task: NewTask): Promise<void> {
  const id = await insertTask(tx, task);
  if (id === null) return;
  await addNotification(tx, {
    kind: 'task_opened',
    dedupeKey: `task/${id}`,
    audience: audienceOf(task.evidence),
    partnerId: null,
    body: noticeOf({ ...task, id }),
  });
}

/** Asks for a decision about something that waits for no payout, within the time of its kind. */
export const askToDecide = (
  tx: Database,
  { kind, ...task }: Pick<NewTask, 'kind' | 'subject' | 'detail' | 'evidence'>,
): Promise<void> =>
  openTask(tx, { ...task, kind, payoutId: null, deadlineAt: new Date(Date.now() + (OPEN_FOR_MS[kind] ?? 0)) });

/** The people who can do a task: operators where it names their role, and otherwise finance. */
export const audienceOf = (evidence: Readonly<Record<string, unknown>> = {}): 'finance' | 'operators' =>
  evidence['role'] === 'operator' ? 'operators' : 'finance';

export const noticeOf = ({
  id,
  kind,
  subject,
  detail,
  deadlineAt,
}: Pick<NewTask, 'kind' | 'subject' | 'detail' | 'deadlineAt'> & { id: string }) => ({
  task: id,
  kind,
  subject,
  detail,
  deadline: deadlineAt?.toISOString() ?? 'none',
});
