import { sql } from 'slonik';
import { z } from 'zod';

import type { Event } from '../../domain/event.ts';
import { Bytes, Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Events, and the queue of those whose earnings are not worked out yet. */

export type EventKey = { source: string; id: string };

const PlaceRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  partnerId: z.bigint().nullable(),
  programId: z.number().nullable(),
  zone: z.string().nullable(),
  /** The terms in effect of the partner in the program, oldest first. */
  terms: z.array(z.strictObject({ planId: z.number(), from: LocalDate, until: LocalDate.nullable() })),
});
/** The rows to which an event of a partner in a program belongs. The columns of a missing row are null. */
export type EventPlace = z.infer<typeof PlaceRow>;

export const listEventPlaces = (
  db: Database,
  events: readonly { partner: string; program: string }[],
): Promise<readonly EventPlace[]> =>
  db.any(sql.type(PlaceRow)`
    select asked.partner, asked.program, partner.id as "partnerId", program.id as "programId", schedule.zone, agreed.terms
    from (
      select distinct partner, program
      from ${sql.unnest(
        events.map(({ partner, program }) => [partner, program]),
        ['text', 'text'],
      )} as given(partner, program)
    ) asked
    left join partner on partner.code = asked.partner
    left join program on program.code = asked.program
    left join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('planId', plan_id, 'from', starts_on, 'until', ends_on) order by starts_on), '[]') as terms
      from agreement_terms(partner.id, program.id)
    ) agreed`);

const KnownRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  partner: z.string(),
  program: z.string(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  hash: Bytes,
});
/** The part of an event that shows whether another one repeats it or may refund it. */
export type KnownEvent = z.infer<typeof KnownRow>;

export const listKnownEvents = (db: Database, keys: readonly EventKey[]): Promise<readonly KnownEvent[]> =>
  db.any(sql.type(KnownRow)`
    select event.source, event.source_id as id, partner.code as partner, program.code as program, event.kind, event.currency,
      event.amount_minor as minor, event.payload_hash as hash
    from (
      select distinct source, source_id from ${unnestKeys(keys)} as given(source, source_id)
    ) asked
    join event using (source, source_id)
    join partner on partner.id = event.partner_id join program on program.id = event.program_id`);

export type NewEvent = {
  event: Event;
  hash: Uint8Array;
  partnerId: bigint;
  programId: number;
  /** The id of the person who sent it. */
  sentBy: string;
};

const KeyRow = z.strictObject({ source: z.string(), id: z.string() });

/** Writes events, each with its place in the queue. Returns the events that were new. */
export function insertEvents(db: Database, events: readonly NewEvent[]): Promise<readonly EventKey[]> {
  const rows = events.map(({ event, hash, partnerId, programId, sentBy }) => [
    event.source,
    event.id,
    String(partnerId),
    programId,
    event.kind,
    event.currency,
    event.minor === null ? null : String(event.minor),
    JSON.stringify(
      Object.fromEntries(Object.entries(event.otherAmounts).map(([name, minor]) => [name, String(minor)])),
    ),
    event.quantity,
    event.refundOf,
    new Date(event.occurredAtMs).toISOString(),
    Buffer.from(hash).toString('hex'),
    sentBy,
  ]);
  const types = [
    'text',
    'text',
    'int8',
    'int4',
    'text',
    'text',
    'int8',
    'text',
    'int4',
    'text',
    'timestamptz',
    'text',
    'uuid',
  ];
  return db.any(sql.type(KeyRow)`
    with added as (
      insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts, quantity, refund_of,
        occurred_at, payload_hash, sent_by)
      select source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts::jsonb, quantity, refund_of,
        occurred_at, decode(hash, 'hex'), sent_by
      from ${sql.unnest(rows, types)} as given(source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts,
        quantity, refund_of, occurred_at, hash, sent_by)
      on conflict (source, source_id) do nothing
      returning source, source_id, program_id, occurred_at
    ), due as (
      insert into event_due(source, source_id, program_id, occurred_at)
      select source, source_id, program_id, occurred_at from added
    )
    select source, source_id as id from added`);
}

const EventRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  partner: z.string(),
  program: z.string(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  quantity: z.number().nullable(),
  refundOf: z.string().nullable(),
  occurredAt: Instant,
  bookedAt: Instant,
  accrued: z.boolean(),
});
export type StoredEvent = z.infer<typeof EventRow>;

export type EventFilter = {
  source?: string | undefined;
  id?: string | undefined;
  partner?: string | undefined;
  program?: string | undefined;
};

/** Events by source and id. */
export const listEvents = (
  db: Database,
  filter: EventFilter,
  after: EventKey | null,
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const { source = null, id = null, partner = null, program = null } = filter;
  return db.any(sql.type(EventRow)`
    select event.source, event.source_id as id, partner.code as partner, program.code as program, event.kind, event.currency,
      event.amount_minor as minor, event.quantity, event.refund_of as "refundOf", event.occurred_at as "occurredAt",
      event.booked_at as "bookedAt", due.source_id is null as accrued
    from event join partner on partner.id = event.partner_id join program on program.id = event.program_id
    left join event_due due on due.source = event.source and due.source_id = event.source_id
    where (${source}::text is null or event.source = ${source}) and (${id}::text is null or event.source_id = ${id})
      and (${partner}::text is null or event.partner_id = (select known.id from partner known where known.code = ${partner}))
      and (${program}::text is null or program.code = ${program})
      and (${after?.source ?? null}::text is null or (event.source, event.source_id) > (${after?.source ?? ''}, ${after?.id ?? ''}))
    order by event.source, event.source_id limit ${limit}`);
};

/** An event as accrual reads it: the domain's, with the id of its partner's row and of the person who sent it. */
export type DueEvent = Event & { readonly partnerId: bigint; readonly sentBy: string | null };

const DueRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  program: z.string(),
  partner: z.string(),
  partnerId: z.bigint(),
  kind: z.string(),
  occurredAtMs: z.number(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  otherAmounts: z.record(z.string(), z.string().transform(BigInt)),
  quantity: z.number().nullable(),
  refundOf: z.string().nullable(),
  sentBy: z.string().nullable(),
});

const dueColumns = sql.fragment`
  event.source, event.source_id as id, program.code as program, partner.code as partner, event.partner_id as "partnerId", event.kind,
  event.occurred_at as "occurredAtMs", event.currency, event.amount_minor as minor, event.other_amounts as "otherAmounts",
  event.quantity, event.refund_of as "refundOf", event.sent_by as "sentBy"`;

/** The next events of a program whose earnings are not worked out yet, in the order in which they happened. */
export const listDueEvents = (db: Database, programId: number, limit: number): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select ${dueColumns}
    from event_due due join event using (source, source_id)
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    where due.program_id = ${programId} and due.waits_for is null
    order by due.occurred_at, due.source, due.source_id limit ${limit}`);

/** Returns the named events whose earnings were worked out already. */
export const listAccruedEvents = (db: Database, events: readonly EventKey[]): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select ${dueColumns}
    from ${unnestKeys(events)} as wanted(source, source_id) join event using (source, source_id)
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    where not exists (select from event_due due where due.source = event.source and due.source_id = event.source_id)`);

/** Takes worked-out events out of the queue. Refunds that waited for one of them are due now. */
export async function finishDueEvents(db: Database, events: readonly EventKey[]): Promise<void> {
  await db.query(sql.unsafe`
    delete from event_due due using ${unnestKeys(events)} as done(source, source_id)
    where due.source = done.source and due.source_id = done.source_id`);
  await db.query(sql.unsafe`
    update event_due due set waits_for = null, waits_since = null from ${unnestKeys(events)} as done(source, source_id)
    where due.source = done.source and due.waits_for = done.source_id`);
}

/** Lets refunds that came before their sales wait for them. */
export const waitForSales = (db: Database, refunds: readonly DueEvent[]) =>
  db.query(sql.unsafe`
    update event_due due set waits_for = refund.refund_of, waits_since = now()
    from ${sql.unnest(
      refunds.map(({ source, id, refundOf }) => [source, id, refundOf]),
      ['text', 'text', 'text'],
    )}
      as refund(source, source_id, refund_of)
    where due.source = refund.source and due.source_id = refund.source_id`);

const unnestKeys = (events: readonly EventKey[]) =>
  sql.unnest(
    events.map(({ source, id }) => [source, id]),
    ['text', 'text'],
  );
