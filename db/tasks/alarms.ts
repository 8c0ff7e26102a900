import { sql } from 'slonik';
import { z } from 'zod';

import { addAuditEntry } from '../people/audit.ts';
import { changesRow, type Database } from '../database.ts';
import { Instant } from '../column-types.ts';

export type Alarm = { kind: string; subject: string; detail: string };

/** Tells the operators, once while it is open; returns whether it is new. Ids and codes only. */
export const raiseAlarm = (db: Database, { kind, subject, detail }: Alarm): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into alarm(kind, subject, detail) values (${kind}, ${subject}, ${detail.slice(0, 2000)})
    on conflict (kind, subject) where cleared_at is null do nothing`,
  );

const AlarmRow = z
  .strictObject({ id: z.bigint(), kind: z.string(), subject: z.string(), detail: z.string(), raised_at: Instant })
  .transform(({ raised_at, ...row }) => ({ ...row, raisedAt: raised_at }));
export type AlarmRow = z.infer<typeof AlarmRow>;

/** The open alarms after a cursor, oldest first. */
export const listAlarms = (db: Database, after: bigint, limit: number): Promise<readonly AlarmRow[]> =>
  db.any(sql.type(AlarmRow)`
    select id, kind, subject, detail, raised_at from alarm
    where cleared_at is null and id > ${after} order by id limit ${limit}`);

/** Closes an alarm that a person has looked into; returns whether it was open. */
export const clearAlarm = (db: Database, id: bigint, actorId: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const cleared = await changesRow(
      tx,
      sql.unsafe`
      update alarm set cleared_at = now(), cleared_by = ${actorId} where id = ${id} and cleared_at is null`,
    );
    if (cleared) await addAuditEntry(tx, { actorId, action: 'alarm.clear', subject: `alarm/${id}` });
    return cleared;
  });
