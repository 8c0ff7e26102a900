import type { Database } from '../../db/database.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { insertTask, listTasksDue, type NewTask } from '../../db/tasks/tasks.ts';
import { OPEN_FOR_MS, REMIND_BEFORE_MS } from '../../domain/tasks/task.ts';

const REMINDERS_PER_SWEEP = 100;

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
const audienceOf = (evidence: Readonly<Record<string, unknown>> = {}): 'finance' | 'operators' =>
  evidence['role'] === 'operator' ? 'operators' : 'finance';

const noticeOf = ({
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

/** Reminds those who can decide, once a day for each task, of the tasks that are still open shortly before their deadline or after it. */
export async function remindOfTasks(tx: Database): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  for (const task of await listTasksDue(tx, REMIND_BEFORE_MS, { notice: 'task_due', day }, REMINDERS_PER_SWEEP))
    await addNotification(tx, {
      kind: 'task_due',
      dedupeKey: `task_due/${task.id}/${day}`,
      audience: audienceOf(task.evidence),
      partnerId: null,
      body: noticeOf(task),
    });
}
