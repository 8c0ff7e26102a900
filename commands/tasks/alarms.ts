import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertAlarm, markAlarmCleared } from '../../db/tasks/alarms.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { Failure } from '../../domain/errors.ts';

/** Raises an alarm and tells the operators, once while it is open. Its texts hold ids and codes only. */
export async function raiseAlarm(tx: Database, kind: string, subject: string, detail: string): Promise<void> {
  if (!(await insertAlarm(tx, { kind, subject, detail }))) return;
  await addNotification(tx, {
    kind: 'alarm_raised',
    dedupeKey: `alarm/${kind}/${subject}/${new Date().toISOString()}`,
    audience: 'operators',
    partnerId: null,
    body: { kind, subject, detail },
  });
}

/** Clears an alarm that a person has looked into. Throws Failure `not_found` if there is no open alarm with this id. */
export const clearAlarm = (db: Database, id: bigint, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await markAlarmCleared(tx, id, by))) throw new Failure('not_found', `There is no open alarm ${id}.`);
    await addAuditEntry(tx, { actorId: by, action: 'alarm.clear', subject: `alarm/${id}` });
  });
