import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const DETAIL_CHARS_MAX = 2000;

export type NewAlarm = {
  kind: string;
  subject: string;
  detail: string;
  /** The name of the fact. The default is the detail itself. A detail with a time in it needs a name that stays the same. */
  fact?: string | undefined;
};

/** Two facts about one alarm are told at least this long apart, so that a flood of them is one mail. */
const TELL_AGAIN_AFTER = '10 minutes';

const AddedFactRow = z.strictObject({ id: z.bigint(), alarmId: z.bigint(), tellInMs: z.number() });
export type AddedFact = z.infer<typeof AddedFactRow>;

/**
 * Writes an alarm, or adds a fact to the one that is open. Null if the open alarm has this fact already. It holds ids and codes only.
 * `tellInMs` is the time until the operators may be told again.
 */
export const insertAlarmFact = (db: Database, { kind, subject, detail, fact = detail }: NewAlarm) =>
  db.maybeOne(sql.type(AddedFactRow)`
    with raised as (
      insert into alarm(kind, subject, detail) values (${kind}, ${subject}, ${detail.slice(0, DETAIL_CHARS_MAX)})
      on conflict (kind, subject) where cleared_at is null do update set kind = excluded.kind
      returning id, told_at
    ), added as (
      insert into alarm_fact(alarm_id, fact_hash, detail)
      select id, ${sql.binary(sha256(fact))}, ${detail.slice(0, DETAIL_CHARS_MAX)} from raised
      on conflict (alarm_id, fact_hash) do nothing returning id
    )
    select added.id, raised.id as "alarmId",
      greatest(extract(epoch from raised.told_at + ${TELL_AGAIN_AFTER}::interval - now()) * 1000, 0)::float8 as "tellInMs"
    from added, raised`);

const FactRow = z.strictObject({ detail: z.string(), at: Instant });
export type AlarmFact = z.infer<typeof FactRow>;

/**
 * Hands the facts that nobody was told yet to a notice, and returns all facts of that notice, oldest first. A notice that is sent again
 * has the same facts.
 */
export async function takeAlarmFacts(db: Database, alarmId: bigint, notificationId: bigint) {
  const { rowCount } = await db.query(sql.unsafe`
    update alarm_fact set told_by = ${notificationId} where alarm_id = ${alarmId} and told_by is null`);
  if (rowCount > 0) await db.query(sql.unsafe`update alarm set told_at = now() where id = ${alarmId}`);
  return db.any(sql.type(FactRow)`
    select detail, at from alarm_fact where alarm_id = ${alarmId} and told_by = ${notificationId} order by id`);
}

const AlarmRow = z.strictObject({
  id: z.bigint(),
  kind: z.string(),
  subject: z.string(),
  detail: z.string(),
  facts: z.array(z.strictObject({ detail: z.string(), at: z.string() })),
  raisedAt: Instant,
});
export type Alarm = z.infer<typeof AlarmRow>;

/** An alarm shows its newest facts, at most this many. */
const FACTS_SHOWN = 20;

const selectAlarm = sql.fragment`
    select id, kind, subject, detail, facts, raised_at as "raisedAt"
    from alarm cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('detail', newest.detail,
        'at', to_char(newest.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by newest.id), '[]') as facts
      from (select * from alarm_fact where alarm_id = alarm.id order by alarm_fact.id desc limit ${FACTS_SHOWN}) newest) told
    where cleared_at is null`;

/** The open alarms after a cursor, oldest first, each with its newest facts, oldest first. */
export const listAlarms = (db: Database, after: bigint, limit: number): Promise<readonly Alarm[]> =>
  db.any(sql.type(AlarmRow)`${selectAlarm} and id > ${after} order by id limit ${limit}`);

/** The open alarms about a subject. */
export const listAlarmsAbout = (db: Database, subject: string): Promise<readonly Alarm[]> =>
  db.any(sql.type(AlarmRow)`${selectAlarm} and subject = ${subject} order by id`);

/** Whether an alarm is still open. */
export const isAlarmOpen = (db: Database, id: bigint): Promise<boolean> =>
  db.exists(sql.unsafe`select 1 from alarm where id = ${id} and cleared_at is null`);

/** Whether an alarm of a kind is open about any subject. */
export const hasOpenAlarm = (db: Database, kind: string): Promise<boolean> =>
  db.exists(sql.unsafe`select 1 from alarm where kind = ${kind} and cleared_at is null`);

/** Clears an open alarm. Returns whether there was one. */
export const markAlarmCleared = (db: Database, id: bigint, clearedBy: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update alarm set cleared_at = now(), cleared_by = ${clearedBy} where id = ${id} and cleared_at is null`,
  );

/** Clears the open alarm of a kind about a subject, if there is one. `clearedBy` is null if its cause went away. */
export const markAlarmClearedAbout = (
  db: Database,
  { kind, subject }: Pick<NewAlarm, 'kind' | 'subject'>,
  clearedBy: string | null,
) =>
  db.query(sql.unsafe`
    update alarm set cleared_at = now(), cleared_by = ${clearedBy}
    where kind = ${kind} and subject = ${subject} and cleared_at is null`);

/** Clears the open alarms of a kind about subjects whose cause went away. */
export const clearAlarmsAbout = (db: Database, kind: string, subjects: readonly string[]) =>
  db.query(sql.unsafe`
    update alarm set cleared_at = now()
    where kind = ${kind} and cleared_at is null and subject = any(${sql.array(subjects, 'text')})`);

/** Clears the open alarm of a kind about a subject if it has none of the facts whose cause persists. */
export const clearAlarmWithout = (
  db: Database,
  { kind, subject }: Pick<NewAlarm, 'kind' | 'subject'>,
  facts: readonly string[],
) =>
  db.query(sql.unsafe`
    update alarm set cleared_at = now()
    where kind = ${kind} and subject = ${subject} and cleared_at is null
      and not exists (select from alarm_fact fact where fact.alarm_id = alarm.id and fact.fact_hash = any(${sql.array(
        facts.map((fact) => sha256(fact)),
        'bytea',
      )}))`);

/** Clears the open alarms of a kind whose cause went away: those about other subjects than these. */
export const clearAlarmsBut = (db: Database, kind: string, subjects: readonly string[]) =>
  db.query(sql.unsafe`
    update alarm set cleared_at = now()
    where kind = ${kind} and cleared_at is null and subject <> all(${sql.array(subjects, 'text')})`);
