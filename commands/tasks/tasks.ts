import type { Database } from '../../db/database.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { listTasksDue } from '../../db/tasks/tasks.ts';
import { REMIND_BEFORE_MS } from '../../domain/tasks/task.ts';
import { audienceOf, noticeOf } from '../open-task.ts';

const REMINDERS_PER_SWEEP = 100;

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
