import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { markAlarmCleared } from '../../db/tasks/alarms.ts';
import { Failure } from '../../domain/errors.ts';

/** Clears an alarm that a person has looked into. Throws Failure `not_found` where none is open by this id. */
export const clearAlarm = (db: Database, id: bigint, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await markAlarmCleared(tx, id, by))) throw new Failure('not_found', `There is no open alarm ${id}.`);
    await addAuditEntry(tx, { actorId: by, action: 'alarm.clear', subject: `alarm/${id}` });
  });
