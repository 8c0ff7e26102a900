import { sql } from 'slonik';
import { z } from 'zod';

import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const DETAIL_CHARS_MAX = 2000;

export type NewAlarm = { kind: string; subject: string; detail: string };

/** Writes an alarm, unless the same one is open. Returns whether it is new. It holds ids and codes only. */
export const insertAlarm = (db: Database, { kind, subject, detail }: NewAlarm): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into alarm(kind, subject, detail) values (${kind}, ${subject}, ${detail.slice(0, DETAIL_CHARS_MAX)})
    on conflict (kind, subject) where cleared_at is null do nothing`,
  );

const AlarmRow = z.strictObject({
  id: z.bigint(),
  kind: z.string(),
  subject: z.string(),
  detail: z.string(),
  raisedAt: Instant,
});
export type Alarm = z.infer<typeof AlarmRow>;

/** The open alarms after a cursor, oldest first. */
export const listAlarms = (db: Database, after: bigint, limit: number): Promise<readonly Alarm[]> =>
  db.any(sql.type(AlarmRow)`
    select id, kind, subject, detail, raised_at as "raisedAt" from alarm
    where cleared_at is null and id > ${after} order by id limit ${limit}`);

/** Clears an open alarm. Returns whether there was one. */
export const markAlarmCleared = (db: Database, id: bigint, clearedBy: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update alarm set cleared_at = now(), cleared_by = ${clearedBy} where id = ${id} and cleared_at is null`,
  );

/** Clears the open alarm of a kind about a subject, if there is one. */
export const markAlarmClearedAbout = (db: Database, { kind, subject }: Omit<NewAlarm, 'detail'>, clearedBy: string) =>
  db.query(sql.unsafe`
    update alarm set cleared_at = now(), cleared_by = ${clearedBy}
    where kind = ${kind} and subject = ${subject} and cleared_at is null`);
