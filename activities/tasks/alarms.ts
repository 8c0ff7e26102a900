import type { Database } from '../../db/database.ts';
import { insertAlarm } from '../../db/tasks/alarms.ts';
import { addNotification } from '../../db/tasks/notifications.ts';

/** Raises an alarm and tells the operators, once while it is open. Ids and codes only. */
export async function alarm(tx: Database, kind: string, subject: string, detail: string): Promise<void> {
  if (!(await insertAlarm(tx, { kind, subject, detail }))) return;
  await addNotification(tx, {
    kind: 'alarm_raised',
    dedupeKey: `alarm/${kind}/${subject}/${new Date().toISOString()}`,
    audience: 'operators',
    partnerId: null,
    body: { kind, subject, detail },
  });
}
