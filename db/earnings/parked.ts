import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure } from '../../domain/errors.ts';
import type { WireEvent } from '../../domain/event.ts';
import { EXACT_IN_MINOR } from '../../domain/exact-amount.ts';
import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { type EventTotal, TotalRow } from './set-aside.ts';

/** The events whose partner is not known yet. */

export type NewParked = {
  readonly programId: number;
  /** The partner whom it waits for. */
  readonly partner: string;
  readonly wire: WireEvent;
  readonly hash: Uint8Array;
  readonly currency: CurrencyCode | null;
  readonly minor: bigint | null;
  readonly sentBy: string;
};

/**
 * Parks events. The same content is parked once, and anew where somebody dismissed it. Two senders of the same events meet them in the same
 * order, and the versions of one event stay in the order in which they came.
 */
export async function insertParked(db: Database, events: readonly NewParked[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ programId, partner, wire, hash, currency, minor, sentBy }) => [
    programId,
    partner,
    wire.source,
    wire.id,
    wire.revision ?? 1,
    currency,
    minor === null ? null : String(minor),
    JSON.stringify(wire),
    Buffer.from(hash).toString('hex'),
    sentBy,
  ]);
  await db.query(sql.unsafe`
    insert into event_parked(program_id, partner_code, source, source_id, revision, currency, amount_minor, payload, payload_hash, sent_by)
    select program_id, partner, source, source_id, revision, currency, minor, payload::jsonb, decode(hash, 'hex'), sent_by
    from (
      select distinct on (source, source_id, revision, hash) *
      from ${sql.unnest(rows, ['int4', 'text', 'text', 'text', 'int4', 'text', 'int8', 'text', 'text', 'uuid'])} with ordinality
        as sent(program_id, partner, source, source_id, revision, currency, minor, payload, hash, sent_by, place)
      order by source, source_id, revision, hash, place
    ) given
    order by source, source_id, revision, place
    on conflict (source, source_id, revision, payload_hash) do update
    set dismissed_at = null, dismissed_by = null, dismissed_because = null, tried_at = null where event_parked.dismissed_at is not null`);
}

/** `parked` waits for its partner. A dismissed event counts for nothing until it is sent again or restored. */
export const PARKED_STATUSES = ['parked', 'dismissed'] as const;
export type ParkedStatus = (typeof PARKED_STATUSES)[number];

const ParkedRow = z.strictObject({
  number: z.bigint(),
  program: z.string(),
  partner: z.string(),
  /** Whether the partner is known now. The event then waits for an agreement on its day. */
  isKnown: z.boolean(),
  source: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  parkedAt: Instant,
  status: z.enum([...PARKED_STATUSES, 'claimed']),
  reason: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
});
export type ParkedEvent = z.infer<typeof ParkedRow>;

const selectParked = sql.fragment`
    select parked.id as number, program.code as program, partner_code as partner,
      exists (select from partner where partner.code = parked.partner_code) as "isKnown", source, source_id as id, payload,
      parked_at as "parkedAt", case when claimed_at is not null then 'claimed' when dismissed_at is null then 'parked' else 'dismissed' end as status,
      dismissed_because as reason, actor.code as "decidedBy", dismissed_at as "decidedAt"
    from event_parked parked join program on program.id = parked.program_id left join actor on actor.id = dismissed_by`;

/** The events that are parked now, or those that were dismissed, in the order in which they came. */
export const listParked = (
  db: Database,
  status: ParkedStatus,
  after: bigint,
  limit: number,
): Promise<readonly ParkedEvent[]> =>
  db.any(sql.type(ParkedRow)`
    ${selectParked}
    where ${status === 'dismissed' ? sql.fragment`dismissed_at is not null` : sql.fragment`claimed_at is null and dismissed_at is null`}
      and parked.id > ${after} order by parked.id limit ${limit}`);

/** Throws Failure `not_found`. */
export async function getParked(db: Database, number: bigint): Promise<ParkedEvent> {
  const parked = await db.maybeOne(sql.type(ParkedRow)`${selectParked} where parked.id = ${number}`);
  if (!parked) throw new Failure('not_found', `There is no parked event ${number}.`);
  return parked;
}

const StatusRow = z.object({ status: z.enum(PARKED_STATUSES) });

/** Where an event stands that was parked and never taken in. Null if there is none. */
export const findParkedStatus = (db: Database, source: string, id: string): Promise<ParkedStatus | null> =>
  db.maybeOneFirst(sql.type(StatusRow)`
    select case when dismissed_at is null then 'parked' else 'dismissed' end as status from event_parked
    where source = ${source} and source_id = ${id} and claimed_at is null order by id desc limit 1`);

type Dismissal = { readonly by: string; readonly reason: string };

const dismiss = ({ by, reason }: Dismissal, which: FragmentSqlToken) => sql.unsafe`
  update event_parked set dismissed_at = now(), dismissed_by = ${by}, dismissed_because = ${reason},
    hands = array_append(array_remove(hands, ${by}::uuid), ${by}::uuid)
  where ${which} and claimed_at is null and dismissed_at is null`;

/** Dismisses an event that waits. Returns whether it waited. */
export const dismissParked = (db: Database, number: bigint, dismissal: Dismissal) =>
  changesRow(db, dismiss(dismissal, sql.fragment`id = ${number}`));

/** Dismisses all events of a program that wait for a partner, by code. Returns how many. */
export async function dismissParkedFor(
  db: Database,
  { program, partner }: { program: string; partner: string },
  dismissal: Dismissal,
): Promise<number> {
  const which = sql.fragment`
    program_id = (select program.id from program where program.code = ${program}) and partner_code = ${partner}`;
  return (await db.query(dismiss(dismissal, which))).rowCount;
}

/** Lets a dismissed event wait again, and be tried at once. Returns whether it was dismissed. */
export const restoreParked = (db: Database, number: bigint, by: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
      update event_parked set dismissed_at = null, dismissed_by = null, dismissed_because = null, tried_at = null,
        hands = array_append(array_remove(hands, ${by}::uuid), ${by}::uuid)
      where id = ${number} and dismissed_at is not null`,
  );

/** The events that are parked in the programs of a schedule, by currency. */
export const sumParked = (db: Database, scheduleId: number): Promise<readonly EventTotal[]> =>
  db.any(sql.type(TotalRow)`
    select parked.currency, count(*) as count,
      (sum(case when parked.payload ->> 'kind' = 'refund' then -parked.amount_minor else parked.amount_minor end) * ${EXACT_IN_MINOR}::int8)::text as exact
    from event_parked parked join program on program.id = parked.program_id
    where claimed_at is null and dismissed_at is null and program.schedule_id = ${scheduleId}
    group by parked.currency order by parked.currency nulls last`);

const ClaimableRow = z.strictObject({
  number: z.bigint(),
  payload: z.record(z.string(), z.unknown()),
  sentBy: z.string(),
});

/**
 * Locks parked events whose partner is in the program now, in the order in which they came. An event whose day has no agreement is tried
 * again when the partner's agreements change. A change may be recorded a while before others see it, and `slackMs` allows for that.
 */
export const takeClaimable = (
  db: Database,
  limit: number,
  slackMs: number,
): Promise<readonly z.infer<typeof ClaimableRow>[]> =>
  db.any(sql.type(ClaimableRow)`
    select parked.id as number, parked.payload, parked.sent_by as "sentBy" from event_parked parked
    where claimed_at is null and dismissed_at is null and exists (
      select from agreement_term term
      where term.partner_id = (select partner.id from partner where partner.code = parked.partner_code)
        and term.program_id = parked.program_id
        and (parked.tried_at is null or term.recorded_at > parked.tried_at - ${slackMs} * interval '1 millisecond'))
    order by parked.id limit ${limit} for update skip locked`);

/** Notes that parked events were taken in. */
export const markClaimed = (db: Database, numbers: readonly bigint[]) =>
  db.query(sql.unsafe`
    update event_parked set claimed_at = now() where id = any(${sql.array(numbers.map(String), 'int8')})`);

/** Notes that a parked event cannot be taken in yet, and whom it waits for, if that is another partner now. */
export const keepParked = (db: Database, number: bigint, partner: string | null) =>
  db.query(sql.unsafe`
    update event_parked set partner_code = coalesce(${partner}, partner_code),
      tried_at = case when partner_code = coalesce(${partner}, partner_code) then now() end
    where id = ${number}`);
