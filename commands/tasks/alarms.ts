import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertAlarmFact, markAlarmCleared } from '../../db/tasks/alarms.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { Failure } from '../../domain/errors.ts';

/**
 * Raises an alarm and tells the operators. If the alarm is open already, a new fact is added to it and told. The same fact is told once.
 * Its texts hold ids and codes only. `fact` names the fact if its detail changes although nothing new was found.
 */
export async function raiseAlarm(
  tx: Database,
  kind: string,
  subject: string,
  detail: string,
  fact?: string,
): Promise<void> {
  const added = await insertAlarmFact(tx, { kind, subject, detail, fact });
  if (!added) return;
  await addNotification(tx, {
    kind: 'alarm_raised',
    dedupeKey: `alarm/${added.alarmId}/${added.id}`,
    audience: 'operators',
    partnerId: null,
    body: { alarm: String(added.alarmId), kind, subject },
    waitMs: added.tellInMs,
  });
}

/** Clears an alarm that a person has looked into. Throws Failure `not_found` if there is no open alarm with this id. */
export const clearAlarm = (db: Database, id: bigint, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await markAlarmCleared(tx, id, by))) throw new Failure('not_found', `There is no open alarm ${id}.`);
    await addAuditEntry(tx, { actorId: by, action: 'alarm.clear', subject: `alarm/${id}` });
  });
