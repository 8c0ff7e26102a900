import { sql } from 'slonik';
import { z } from 'zod';

import { type Language, LANGUAGES } from '../../domain/language.ts';
import { type Audience, type NoticeKind, READERS, type Way, WAYS } from '../../domain/tasks/notice.ts';
import { NoticeContent } from '../../domain/tasks/notice-content.ts';
import { Count, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

/** The notices that people read on pages, their choices about mail, and the copies that are mailed to them. */

/** A person who reads the notices of one partner, or those of the console. */
export type NoticeReader = {
  actorId: string;
  partnerId: bigint | null;
  audiences: readonly Audience[];
  language: Language;
};

const NoticeRow = z.strictObject({
  id: z.bigint(),
  kind: z.string(),
  content: NoticeContent,
  toldAt: Instant,
  isRead: z.boolean(),
});
export type Notice = z.infer<typeof NoticeRow>;
export type NoticePlace = { toldAt: Date; id: bigint };

const partnerOf = ({ partnerId }: NoticeReader): string => String(partnerId ?? 0n);
const AT_THE_END = { toldAt: new Date('9999-12-31T00:00:00Z'), id: 0n };
/** More unread notices than this are not counted. */
export const COUNTED_MAX = 100;

/**
 * The notices before a place, newest first, at most `limit` of each audience. Incidents are told to finance and to operators: a person who
 * belongs to both reads them once.
 */
const readable = (reader: NoticeReader, { toldAt, id }: NoticePlace, limit: number) =>
  reader.partnerId === null
    ? sql.fragment`
        select found.* from unnest(${sql.array(reader.audiences, 'text')}) as its(audience) cross join lateral (
          select * from notification
          where notification.audience = its.audience and partner_id is null and told_at is not null and superseded_at is null
            and not (its.audience = 'operators' and kind like 'incidents%' and 'finance' = any(${sql.array(reader.audiences, 'text')}))
            and (told_at, id) < (${toldAt.toISOString()}::timestamptz, ${id})
          order by told_at desc, id desc limit ${limit}) found`
    : sql.fragment`
        select * from notification
        where partner_id = ${reader.partnerId} and in_portal and told_at is not null and superseded_at is null
          and (told_at, id) < (${toldAt.toISOString()}::timestamptz, ${id})
        order by told_at desc, id desc limit ${limit}`;

const isRead = (reader: NoticeReader) => sql.fragment`(
  exists (select from notice_read seen where seen.actor_id = ${reader.actorId} and seen.notification_id = notice.id)
  or exists (select from notice_reader seen where seen.actor_id = ${reader.actorId} and seen.partner_id = ${partnerOf(reader)}
    and notice.told_at <= seen.read_until))`;

/** The notices of a reader before a place, newest first. */
export const listNotices = (
  db: Database,
  reader: NoticeReader,
  before: NoticePlace | null,
  limit: number,
): Promise<readonly Notice[]> =>
  db.any(sql.type(NoticeRow)`
    select notice.id, notice.kind, coalesce(notice.translations -> ${reader.language}, notice.content) as content, notice.told_at as "toldAt", ${isRead(reader)} as "isRead"
    from (${readable(reader, before ?? AT_THE_END, limit)}) notice order by notice.told_at desc, notice.id desc limit ${limit}`);

/** How many of the newest notices a reader has not read. */
export const countUnread = (db: Database, reader: NoticeReader): Promise<number> =>
  db.oneFirst(sql.type(z.object({ count: Count }))`
    select count(*) as count from (${readable(reader, AT_THE_END, COUNTED_MAX)}) notice where not ${isRead(reader)}`);

/** Marks one notice as read. Returns whether the reader may read it. */
export async function markNoticeRead(db: Database, reader: NoticeReader, id: bigint): Promise<boolean> {
  const found = await db.exists(sql.unsafe`
    select from notification where id = ${id} and told_at is not null and superseded_at is null
      and case when ${partnerOf(reader)}::bigint = 0 then partner_id is null and audience = any(${sql.array(reader.audiences, 'text')})
        else partner_id = ${partnerOf(reader)}::bigint and in_portal end`);
  if (!found) return false;
  await db.query(sql.unsafe`
    insert into notice_read(actor_id, notification_id) values (${reader.actorId}, ${id}) on conflict do nothing`);
  return true;
}

/** Marks everything that was told before now as read. */
export const markAllNoticesRead = (db: Database, reader: NoticeReader) =>
  db.query(sql.unsafe`
    insert into notice_reader(actor_id, partner_id, read_until) values (${reader.actorId}, ${partnerOf(reader)}, now())
    on conflict (actor_id, partner_id) do update set read_until = now()`);

const ChoiceRow = z.strictObject({ kind: z.string(), way: z.enum(WAYS) });

/** The choices that a person made. */
export const listNoticeChoices = (db: Database, actorId: string) =>
  db.any(sql.type(ChoiceRow)`select kind, way from notice_choice where actor_id = ${actorId}`);

export const saveNoticeChoice = (db: Database, actorId: string, kind: NoticeKind, way: Way) =>
  db.query(sql.unsafe`
    insert into notice_choice(actor_id, kind, way) values (${actorId}, ${kind}, ${way})
    on conflict (actor_id, kind) do update set way = excluded.way, changed_at = now()`);

/** Ends the mail of every kind that a person gathers in the digest. */
export const stopDigest = (db: Database, actorId: string) =>
  db.query(sql.unsafe`
    update notice_choice set way = 'off', changed_at = now() where actor_id = ${actorId} and way = 'daily'`);

/** Whether the person belongs to the audience of the notice now, with a role that reaches what it is about. */
const belongs = sql.fragment`exists (
  select from role_grant held where held.actor_id = actor.id and held.status = 'confirmed'
    and (held.expires_at is null or held.expires_at > now())
    and case notice.audience when 'partner' then held.partner_id = notice.partner_id
      when 'finance' then held.role = any(${sql.array(READERS.finance, 'text')})
      else held.role = any(${sql.array(READERS.operators, 'text')}) end
    and (num_nonnulls(held.program_ids, held.payer_ids) = 0
      or reaches(held.program_ids, held.payer_ids, notice_subject(notice.body))))`;

/** The codes of the partners whose address a person reads, and whose data they may read. */
export const listOwnContacts = (db: Database, actorId: string): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ code: z.string() }))`
    select distinct partner.code from actor join role_grant held on held.actor_id = actor.id
      and held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())
    join partner on partner.id = held.partner_id and partner.mailbox = actor.mailbox
    where actor.id = ${actorId} order by 1`);

const ContactRow = z.strictObject({ actorId: z.string(), way: z.enum(WAYS) });

/** The person who reads the address of a notice's partner, and how they want this kind. Null if nobody with access has that mailbox. */
export const findContact = (db: Database, notificationId: bigint) =>
  db.maybeOne(sql.type(ContactRow)`
    select actor.id as "actorId", coalesce(choice.way, 'now') as way
    from notification notice join partner on partner.id = notice.partner_id join actor on actor.mailbox = partner.mailbox
    left join notice_choice choice on choice.actor_id = actor.id and choice.kind = notice.kind
    where notice.id = ${notificationId} and notice.recipient is null and ${belongs}`);

/** A digest of a day is sent this long after the day is over, when nothing can be added to it. */
const DIGEST_AFTER = '5 hours';

/**
 * Writes the copies for the people who asked for their own mail of a notice, once each. A person who reads the shared address gets a copy
 * only in place of that mail. `shared` is the address that is mailed anyway.
 */
export const addNoticeCopies = (db: Database, notificationId: bigint, shared: string | null, mayWait: boolean) =>
  db.query(sql.unsafe`
    insert into notice_copy(notification_id, actor_id, way, due_at)
    select notice.id, actor.id, choice.way,
      case choice.way when 'now' then now() else current_date + interval '1 day' + ${DIGEST_AFTER}::interval end
    from notification notice join notice_choice choice on choice.kind = notice.kind and choice.way <> 'off'
    join actor on actor.id = choice.actor_id left join partner on partner.id = notice.partner_id
    where notice.id = ${notificationId} and notice.in_portal and actor.email is not null and ${belongs}
      and (choice.way = 'now' or ${mayWait})
      and not (lower(actor.email) = lower(${shared}::text) and (choice.way = 'now' or notice.partner_id is null))
      and not (actor.mailbox is not distinct from partner.mailbox and choice.way = 'now')
      and not (notice.audience = 'operators' and notice.kind like 'incidents%' and exists (
        select from role_grant held where held.actor_id = actor.id and held.status = 'confirmed' and held.role = any(${sql.array(READERS.finance, 'text')})))
    on conflict do nothing`);

const CopyRow = z.strictObject({
  notificationId: z.bigint(),
  actorId: z.string(),
  actor: z.string(),
  email: z.string().nullable(),
  kind: z.string(),
  way: z.enum(['now', 'daily']),
  day: z.string(),
  dedupeKey: z.string(),
  /** In the language of the person. */
  content: NoticeContent,
  language: z.enum(LANGUAGES),
  /** Whether the notice is still true, and the person may still read it. */
  isWanted: z.boolean(),
  tries: z.number(),
});
export type DueCopy = z.infer<typeof CopyRow>;

/**
 * Takes the copies of the next people, each with every copy of theirs that is due, for this long. One sender takes at a time, so that two
 * never share a digest.
 */
export async function takeDueCopies(db: Database, people: number, forMs: number): Promise<readonly DueCopy[]> {
  return db.transaction(async (tx) => {
    await tx.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('notice_copy'))`);
    return tx.any(sql.type(CopyRow)`
      with next as (
        select actor_id from notice_copy where sent_at is null and due_at <= now() group by actor_id order by min(due_at) limit ${people}
      ), taken as (
        update notice_copy copy set tries = copy.tries + 1, due_at = now() + ${forMs} * interval '1 millisecond'
        from next where copy.actor_id = next.actor_id and copy.sent_at is null and copy.due_at <= now() returning copy.*
      )
      select taken.notification_id as "notificationId", taken.actor_id as "actorId", actor.code as actor, actor.email, notice.kind,
        taken.way, taken.day, notice.dedupe_key as "dedupeKey", taken.tries,
        coalesce(notice.translations -> actor.language, notice.content) as content, coalesce(actor.language, 'en') as language,
        notice.superseded_at is null and ${belongs} as "isWanted"
      from taken join notification notice on notice.id = taken.notification_id join actor on actor.id = taken.actor_id
      order by taken.notification_id`);
  });
}

const copiesOf = (copies: readonly DueCopy[]) => sql.fragment`(notification_id, actor_id) in (
  select * from ${sql.unnest(
    copies.map(({ notificationId, actorId }) => [String(notificationId), actorId]),
    ['int8', 'uuid'],
  )})`;

export const markCopiesSent = (db: Database, copies: readonly DueCopy[], note: string | null): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update notice_copy set sent_at = now(), last_error = ${note} where sent_at is null and ${copiesOf(copies)}`,
  );

/** Lets copies be tried again after a time. */
export const postponeCopies = (db: Database, copies: readonly DueCopy[], delayMs: number, error: string) =>
  db.query(sql.unsafe`
    update notice_copy set last_error = ${error.slice(0, 500)}, due_at = now() + ${delayMs} * interval '1 millisecond'
    where ${copiesOf(copies)}`);
