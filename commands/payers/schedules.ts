import type { Database } from '../../db/database.ts';
import {
  getSchedule,
  insertSchedule,
  type NewSchedule,
  replaceMinimums,
  type Schedule,
} from '../../db/payers/schedules.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';
import type { Money } from '../../domain/money.ts';

/** Adds a pay schedule. Throws Failure `already_exists`. */
export const addSchedule = (db: Database, schedule: NewSchedule, by: string): Promise<Schedule> =>
  db.transaction(async (tx) => {
    const added = await insertSchedule(tx, schedule);
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already a schedule ${schedule.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'schedule.add', subject: `schedule/${schedule.code}` });
    return added;
  });

/**
 * Sets the minimum payouts of a schedule in place of the earlier ones. A currency that is not named has none. Open runs keep
 * theirs. Throws Failure `not_found`.
 */
export const setMinimums = (db: Database, code: string, minimums: readonly Money[], by: string): Promise<Schedule> =>
  db.transaction(async (tx) => {
    const { id } = await getSchedule(tx, code);
    await replaceMinimums(tx, id, minimums);
    const detail = Object.fromEntries(minimums.map(({ currency, minor }) => [currency, String(minor)]));
    await addAuditEntry(tx, { actorId: by, action: 'schedule.set_minimums', subject: `schedule/${code}`, detail });
    return getSchedule(tx, code);
  });
