import { type FragmentSqlToken, sql, UniqueIntegrityConstraintViolationError } from 'slonik';
import { z } from 'zod';

import { CLOSING, OUR_SOURCE, QUOTA, RE_RATING } from '../../domain/event.ts';
import { type Shard, SHARDS } from '../../domain/earnings/shard.ts';
import type { WaitsOn } from '../../domain/earnings/waiting-events.ts';
import { Count } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import { copyRows, takeIds } from '../copy.ts';
import type { Database } from '../database.ts';
import {
  DUE_COLUMNS,
  dueCells,
  EVENT_COLUMNS,
  eventCells,
  type NewEvent,
  SHARE_COLUMNS,
  shareCells,
} from './event-rows.ts';

/** Events, and the queue of those whose earnings are not worked out yet. */

export type EventKey = { source: string; id: string };

const RevisionRow = z.strictObject({ source: z.string(), id: z.string(), revision: z.number() });
export type EventRevision = z.infer<typeof RevisionRow>;

/**
 * Writes events, each with its places in the queue. Returns the revisions that were stored already, which are usually none: another
 * transaction wrote them since they were looked for. The others are then written without them.
 */
export async function insertEvents(db: Database, events: readonly NewEvent[]): Promise<readonly EventRevision[]> {
  try {
    await db.transaction((tx) => copyEvents(tx, events));
    return [];
  } catch (error) {
    if (!(error instanceof UniqueIntegrityConstraintViolationError)) throw error;
    const stored = await listStored(db, events);
    if (stored.length === 0) throw error;
    const keys = new Set(stored.map(revisionKey));
    return [
      ...stored,
      ...(await insertEvents(
        db,
        events.filter(({ event }) => !keys.has(revisionKey(event))),
      )),
    ];
  }
}

const revisionKey = ({ source, id, revision }: EventRevision): string => `${source} ${revision} ${id}`;

const listStored = (db: Database, events: readonly NewEvent[]): Promise<readonly EventRevision[]> =>
  db.any(sql.type(RevisionRow)`
    select event.source, event.source_id as id, event.revision
    from ${unnestColumns(
      ['text', 'text', 'int4'],
      events.map(({ event: { source, id, revision } }) => [source, id, revision]),
    )} as given(source, source_id, revision) join event using (source, source_id, revision)`);

async function copyEvents(db: Database, events: readonly NewEvent[]): Promise<void> {
  const ids = await takeIds(db, 'event', events.length);
  const added = events.map((event, index) => ({ ...event, eventId: ids[index] ?? 0n }));
  await copyRows(db, 'event', EVENT_COLUMNS, added.map(eventCells));
  await copyRows(db, 'event_due', DUE_COLUMNS, added.flatMap(dueCells));
  await copyRows(db, 'event_share', SHARE_COLUMNS, added.flatMap(shareCells));
}

/** Writes the events of ours that close windows, or give them another part of their pool, each with its place in the queue. Returns them with their windows. */
export const insertClosings = (
  db: Database,
  windows: readonly { scopeId: bigint; partnerId: bigint; programId: number; closesAt: Date }[],
  { kind, suffix }: { kind: string; suffix: string } = { kind: CLOSING, suffix: '' },
): Promise<readonly { scopeId: bigint; eventId: bigint }[]> =>
  db.any(sql.type(z.strictObject({ scopeId: z.bigint(), eventId: z.bigint() }))`
    with added as (
      insert into event(source, source_id, partner_id, program_id, kind, occurred_at, payload_hash)
      select ${OUR_SOURCE}, ${kind} || '/' || scope_id || ${suffix}, partner_id, program_id, ${kind}, closes_at,
        sha256((scope_id || ${suffix})::bytea)
      from ${unnestColumns(
        ['int8', 'int8', 'int4', 'timestamptz'],
        windows.map((window) => [window.scopeId, window.partnerId, window.programId, window.closesAt.toISOString()]),
      )} as given(scope_id, partner_id, program_id, closes_at)
      returning id, split_part(source_id, '/', 2)::bigint as scope_id, partner_id, program_id
    ), due as (
      insert into event_due(event_id, partner_id, program_id, shard, source)
      select id, partner_id, program_id, partner_id % ${SHARDS}, ${OUR_SOURCE} from added
    )
    select scope_id as "scopeId", id as "eventId" from added`);

/** Writes an event of ours by which events of a partner are worked out again. It never stands in the queue. */
export const insertReRatingEvent = (db: Database, id: string, partnerId: bigint, programId: number): Promise<bigint> =>
  db.oneFirst(sql.type(z.strictObject({ id: z.bigint() }))`
    insert into event(source, source_id, partner_id, program_id, kind, occurred_at, payload_hash)
    values (${OUR_SOURCE}, ${id}, ${partnerId}, ${programId}, ${RE_RATING}, now(), sha256(${id}::bytea)) returning id`);

/** Makes an event of ours for each quota that a person records. Returns their ids in the same order. */
export const insertQuotaEvents = (
  db: Database,
  quotas: readonly { partnerId: bigint; programId: number }[],
  by: string,
): Promise<readonly bigint[]> => {
  const rows = quotas.map((quota) => [quota.partnerId, quota.programId]);
  return db.anyFirst(sql.type(z.strictObject({ id: z.bigint() }))`
    with fresh as (
      select place, partner_id, program_id, ${QUOTA} || '/' || uuidv7() as source_id
      from ${unnestColumns(['int8', 'int4'], rows)} with ordinality as given(partner_id, program_id, place)
    ), added as (
      insert into event(source, source_id, partner_id, program_id, kind, occurred_at, sent_by, payload_hash)
      select ${OUR_SOURCE}, source_id, partner_id, program_id, ${QUOTA}, now(), ${by}, sha256(source_id::bytea) from fresh
      returning id, source_id, partner_id, program_id, source
    ), due as (insert into event_due(event_id, partner_id, program_id, shard, source)
      select id, partner_id, program_id, partner_id % ${SHARDS}, source from added)
    select added.id from added join fresh using (source_id) order by fresh.place`);
};

const SharesTriedRow = z.strictObject({ program: z.string(), shard: z.number(), count: Count });
export type SharesTried = z.infer<typeof SharesTriedRow>;

/** An event that is worked out for a partner: for the partner's own part, or for the part of a partner below. */
export type DueKey = { readonly eventId: bigint; readonly partnerId: bigint; readonly childId: bigint | null };

/** Puts events into the queue for partners above those who did them. */
export const insertDue = (db: Database, due: readonly DueKey[]) =>
  db.query(sql.unsafe`
    insert into event_due(event_id, partner_id, child_id, program_id, shard, source)
    select event.id, above.partner_id, above.child_id, event.program_id, above.partner_id % ${SHARDS}, event.source
    from ${unnestDue(due)} as above(event_id, partner_id, child_id) join event on event.id = above.event_id`);

/** Takes worked-out events out of the queue. */
export const finishDueEvents = (db: Database, due: readonly DueKey[]) =>
  db.query(sql.unsafe`
    delete from event_due due using ${unnestDue(due)} as done(event_id, partner_id, child_id)
    where due.event_id = done.event_id and due.partner_id = done.partner_id and due.child_id is not distinct from done.child_id`);

/** Refunds that waited for one of these events are due now. */
export const wakeWaiting = (db: Database, events: readonly EventKey[]) =>
  db.query(sql.unsafe`
    update event_due due set waits_on = null, waits_for = null, waits_since = null
    from ${unnestKeys(events)} as done(source, source_id)
    where due.waits_on = 'sale' and due.source = done.source and due.waits_for = done.source_id`);

/** Sets an event aside for a partner, because it cannot be worked out. */
export const setAside = (db: Database, { eventId, partnerId, childId }: DueKey, reason: string) =>
  db.query(sql.unsafe`
    update event_due set set_aside_since = now(), set_aside_reason = ${reason}
    where event_id = ${eventId} and partner_id = ${partnerId} and child_id is not distinct from ${childId}`);

/** Makes events due again that were set aside, where a query `which` names them as `due` and `event`. Returns how many, by share. */
export const trySetAsideAgain = (db: Database, which: FragmentSqlToken): Promise<readonly SharesTried[]> =>
  db.any(sql.type(SharesTriedRow)`
    with again as (
      update event_due due set set_aside_since = null, set_aside_reason = null from event
      where set_aside_since is not null and event.id = due.event_id and ${which}
      returning due.program_id, due.shard
    )
    select program.code as program, again.shard, count(*) as count from again join program on program.id = again.program_id
    group by program.code, again.shard`);

/** Events that waited for one of these rates, by name, are due again. Returns the share of the partners of each. */
export const wakeRateless = (db: Database, rates: readonly string[]): Promise<readonly Shard[]> =>
  db.any(sql.type(z.strictObject({ program: z.string(), shard: z.number() }))`
    update event_due due set waits_on = null, waits_for = null, waits_since = null from program
    where waits_on = 'rate' and waits_for = any(${sql.array([...rates], 'text')}) and program.id = due.program_id
    returning program.code as program, due.shard`);

/** Events of partners that waited for their rung on a ladder, by its name, are due again. */
export const wakeUnplaced = (db: Database, name: string, partnerIds: readonly bigint[]) =>
  db.query(sql.unsafe`
    update event_due set waits_on = null, waits_for = null, waits_since = null
    where waits_on = 'ladder' and waits_for = ${name} and partner_id = any(${sql.array(partnerIds.map(String), 'int8')})`);

/** Events of partners, by code, that waited because they were not eligible are due again, and so are those of partners who were merged into them. */
export const wakeIneligible = (db: Database, partners: readonly string[]) =>
  db.query(sql.unsafe`
    update event_due set waits_on = null, waits_for = null, waits_since = null
    where waits_on = 'eligibility' and partner_id = any(array(
      select unnest(array[partner.id, gone.id]) from partner left join partner gone on gone.merged_into = partner.id
      where partner.code = any(${sql.array([...partners], 'text')})))`);

/** The same for all events of a program. */
export const wakeIneligibleIn = (db: Database, programId: number) =>
  db.query(sql.unsafe`
    update event_due set waits_on = null, waits_for = null, waits_since = null
    where waits_on = 'eligibility' and program_id = ${programId}`);

/**
 * The same for those that began to wait after a fact about their partner or a change of a country or of a program was recorded, or less than
 * `slackMs` before. Such a record may have committed while they were worked out without it.
 */
export async function wakeOvertaken(db: Database, slackMs: number): Promise<void> {
  const slack = sql.fragment`${slackMs} * interval '1 millisecond'`;
  await db.query(sql.unsafe`
    with recursive waiting(partner_id) as (
      (select partner_id from event_due where waits_on = 'eligibility' order by partner_id limit 1)
      union all
      select (select partner_id from event_due where waits_on = 'eligibility' and partner_id > waiting.partner_id order by partner_id limit 1)
      from waiting where waiting.partner_id is not null
    ), changed as (
      select partner.id as partner_id, greatest(partner.country_since, fact.at, shared.at) as at
      from waiting join partner on partner.id = waiting.partner_id
      left join lateral (select recorded_at as at from partner_fact where partner_id = partner.id order by id desc limit 1) fact on true
      left join lateral (select recorded_at as at from partner_fact where partner_id = partner.merged_into order by id desc limit 1) shared on true
    )
    update event_due due set waits_on = null, waits_for = null, waits_since = null from changed
    where due.waits_on = 'eligibility' and due.partner_id = changed.partner_id and due.waits_since < changed.at + ${slack}`);
  await db.query(sql.unsafe`
    update event_due due set waits_on = null, waits_for = null, waits_since = null from program
    where due.waits_on = 'eligibility' and due.program_id = program.id and due.waits_since < program.admission_since + ${slack}`);
}

/** Lower revisions that wait for a rate or a rung are due again, once a higher one is worked out for the same partner. */
export const wakeSuperseded = (db: Database, done: readonly DueKey[]) =>
  db.query(sql.unsafe`
    update event_due due set waits_on = null, waits_for = null, waits_since = null
    from ${unnestDue(done)} as done(event_id, partner_id, child_id)
    join event higher on higher.id = done.event_id
    join event lower on (lower.source, lower.source_id) = (higher.source, higher.source_id) and lower.revision < higher.revision
    where due.waits_on in ('rate', 'ladder', 'eligibility') and due.event_id = lower.id and due.partner_id = done.partner_id
      and due.child_id is not distinct from done.child_id`);

/**
 * The thing without which an event cannot be worked out: the sale of a refund or payment, by its source id, or a rate or the rung of its
 * partner on a ladder, by its name; or a person or fact, where the partner is not eligible, by the reason.
 */
export type Wait = {
  readonly waitsOn: WaitsOn;
  readonly waitsFor: string;
  /** The local day on which it is known, where that is decided. */
  readonly until?: string;
};
/** The thing that an event waits for, and when the event happened that it is about, in epoch milliseconds. */
export type Waiting = Wait & { readonly atMs: number };

/** Lets events wait in the queue for what they need. */
export const waitInQueue = (db: Database, waits: readonly (DueKey & Wait)[]) =>
  db.query(sql.unsafe`
    update event_due due set waits_on = wait.waits_on, waits_for = wait.waits_for, waits_since = now()
    from ${unnestColumns(
      ['int8', 'int8', 'int8', 'text', 'text'],
      waits.map(({ eventId, partnerId, childId, waitsOn, waitsFor }) => [
        eventId,
        partnerId,
        childId,
        waitsOn,
        waitsFor,
      ]),
    )} as wait(event_id, partner_id, child_id, waits_on, waits_for)
    where due.event_id = wait.event_id and due.partner_id = wait.partner_id and due.child_id is not distinct from wait.child_id`);

export const unnestDue = (due: readonly DueKey[]) =>
  unnestColumns(
    ['int8', 'int8', 'int8'],
    due.map(({ eventId, partnerId, childId }) => [eventId, partnerId, childId]),
  );

export const unnestKeys = (events: readonly EventKey[]) =>
  unnestColumns(
    ['text', 'text'],
    events.map(({ source, id }) => [source, id]),
  );
