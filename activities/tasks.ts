import type { Database } from '../db/database.ts';
import { addNotification } from '../db/notifications.ts';
import { insertTask, type NewTask } from '../db/tasks.ts';

/** Asks a person to decide, and tells finance, once while the task is open. Ids, codes and state words only. */
export async function openTask(tx: Database, task: NewTask): Promise<void> {
  if (!(await insertTask(tx, task))) return;
  await addNotification(tx, {
    kind: 'task_opened',
    dedupeKey: `task/${task.kind}/${task.subject}/${new Date().toISOString()}`,
    audience: 'finance',
    partnerId: null,
    body: {
      kind: task.kind,
      subject: task.subject,
      detail: task.detail,
      deadline: task.deadlineAt?.toISOString() ?? 'none',
    },
  });
}
