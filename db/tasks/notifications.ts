import { sql } from 'slonik';
import { z } from 'zod';

import { type Language, LANGUAGES } from '../../domain/language.ts';
import { type Audience, AUDIENCES } from '../../domain/tasks/notice.ts';
import type { NoticeContent } from '../../domain/tasks/notice-content.ts';
import { changesRow, type Database } from '../database.ts';

export type NewNotification = {
  kind: string;
  dedupeKey: string;
  audience: Audience;
  partnerId: bigint | null;
  /** The person's address, or the one that the partner had. By default the notice goes to the address that the partner has when it is sent. */
  recipient?: string | null;
  body: Record<string, string | number>;
  /** How long the notice waits, in case that something overtakes it. By default it is sent at once. */
  waitMs?: number;
};

/** Writes a message once per dedupe key, in the transaction that causes it. */
export const addNotification = (db: Database, notification: NewNotification) =>
  db.query(sql.unsafe`
    insert into notification(dedupe_key, kind, audience, partner_id, recipient, body, due_at)
    values (${notification.dedupeKey}, ${notification.kind}, ${notification.audience},
      ${notification.partnerId === null ? null : String(notification.partnerId)}, ${notification.recipient ?? null},
      ${sql.jsonb(notification.body)}, now() + ${notification.waitMs ?? 0} * interval '1 millisecond')
    on conflict (dedupe_key) do nothing`);

/** Whether a message with this key was sent or superseded. Locks it, so that it is not sent before the transaction ends. */
export const isNotificationSent = async (db: Database, dedupeKey: string): Promise<boolean> => {
  const isOver = await db.maybeOneFirst(sql.type(z.object({ isOver: z.boolean() }))`
    select sent_at is not null or superseded_at is not null or tries > 0 as "isOver" from notification
    where dedupe_key = ${dedupeKey} for update`);
  return isOver === true;
};

const DueRow = z.strictObject({
  id: z.bigint(),
  dedupeKey: z.string(),
  kind: z.string(),
  audience: z.enum(AUDIENCES),
  partner: z.string().nullable(),
  /** The partner's or the person's address. Null if the partner has none. */
  email: z.string().nullable(),
  /** The language of the person who reads the address. */
  language: z.enum(LANGUAGES),
  body: z.unknown(),
  /** How often it was tried, this time included. */
  tries: z.number(),
});
export type DueNotification = z.infer<typeof DueRow>;

/**
 * Takes the next messages to send, for this long. A sender that is killed loses them, and another one takes them after that time.
 */
export const takeDueNotifications = (db: Database, limit: number, forMs: number): Promise<readonly DueNotification[]> =>
  db.any(sql.type(DueRow)`
    with due as (
      select id from notification where sent_at is null and superseded_at is null and due_at <= now()
      order by due_at, id limit ${limit} for update skip locked
    ), taken as (
      update notification set tries = tries + 1, due_at = now() + ${forMs} * interval '1 millisecond'
      from due where notification.id = due.id returning notification.*
    )
    select taken.id, dedupe_key as "dedupeKey", taken.kind, audience, partner.code as partner,
      coalesce(recipient, partner.email) as email, body, tries,
      readers_language(coalesce(recipient, partner.email), coalesce(taken.partner_id, about.id)) as language
    from taken left join partner on partner.id = taken.partner_id
    left join partner about on audience = 'person' and about.code = body ->> 'partner' order by taken.id`);

export const markNotificationSent = (db: Database, id: bigint, note: string | null) =>
  db.query(
    sql.unsafe`update notification set sent_at = now(), last_error = ${note} where id = ${id} and sent_at is null`,
  );

/** A message in English, and in the other languages where its readers may want them. */
export type Told = {
  readonly content: NoticeContent;
  readonly translations: Readonly<Record<Exclude<Language, 'en'>, NoticeContent>> | null;
};

/** Keeps a message as it is told, for the pages of its readers. The first telling stays. Returns whether this was the first time. */
export const markNotificationTold = (db: Database, id: bigint, { content, translations }: Told): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update notification set content = ${sql.jsonb(content)}, told_at = now(),
      translations = ${translations === null ? null : sql.jsonb(translations)} where id = ${id} and told_at is null`,
  );

/** Keeps a message that is no longer true as superseded, with the reason. */
export const markNotificationSuperseded = (db: Database, id: bigint, because: string) =>
  db.query(sql.unsafe`
    update notification set superseded_at = now(), superseded_because = ${because} where id = ${id} and sent_at is null`);

/** Lets a message be tried again after a time. */
export const postponeNotification = (db: Database, id: bigint, delayMs: number, error: string) =>
  db.query(sql.unsafe`
    update notification set last_error = ${error.slice(0, 500)}, due_at = now() + ${delayMs} * interval '1 millisecond'
    where id = ${id}`);
