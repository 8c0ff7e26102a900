import { sql } from 'slonik';
import { z } from 'zod';

import type { Event, WireEvent } from '../../domain/event.ts';
import type { Database } from '../database.ts';
import { Bytes, Currency, Instant, LocalDate } from '../column-types.ts';

/** The intake of events. What they earn is in `earnings.ts`. */

type EventKey = { source: string; id: string };

const PlaceRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  partnerId: z.bigint().nullable(),
  programId: z.number().nullable(),
  zone: z.string().nullable(),
  startsOn: LocalDate.nullable(),
  endsOn: LocalDate.nullable(),
});
/** Where an event of a partner in a program belongs; what does not exist is null. */
export type EventPlace = z.infer<typeof PlaceRow>;

export const listEventPlaces = (
  db: Database,
  events: readonly { partner: string; program: string }[],
): Promise<readonly EventPlace[]> =>
  db.any(sql.type(PlaceRow)`
    select asked.partner, asked.program, partner.id as "partnerId", program.id as "programId", schedule.zone,
      agreement.starts_on as "startsOn", agreement.ends_on as "endsOn"
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
    left join agreement on agreement.partner_id = partner.id and agreement.program_id = program.id`);

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
/** As much of an event as says whether another one repeats it or may refund it. */
export type KnownEvent = z.infer<typeof KnownRow>;

export const listKnownEvents = (db: Database, keys: readonly EventKey[]): Promise<readonly KnownEvent[]> =>
  db.any(sql.type(KnownRow)`
    select event.source, event.source_id as id, partner.code as partner, program.code as program, event.kind, event.currency,
      event.amount_minor as minor, event.payload_hash as hash
    from (
      select distinct source, source_id from ${sql.unnest(
        keys.map(({ source, id }) => [source, id]),
        ['text', 'text'],
      )}
        as given(source, source_id)
    ) asked
    join event using (source, source_id)
    join partner on partner.id = event.partner_id join program on program.id = event.program_id`);

export type NewEvent = { event: Event; hash: Uint8Array; partnerId: bigint; programId: number };

const KeyRow = z.strictObject({ source: z.string(), id: z.string() });

/** Writes events and, with each, the work that it makes; answers those that were not there yet. */
export function addEvents(db: Database, events: readonly NewEvent[]): Promise<readonly EventKey[]> {
  const rows = events.map(({ event, hash, partnerId, programId }) => [
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
  ]);
  const types = ['text', 'text', 'int8', 'int4', 'text', 'text', 'int8', 'text', 'int4', 'text', 'timestamptz', 'text'];
  return db.any(sql.type(KeyRow)`
    with added as (
      insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts, quantity, refund_of,
        occurred_at, payload_hash)
      select source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts::jsonb, quantity, refund_of,
        occurred_at, decode(hash, 'hex')
      from ${sql.unnest(rows, types)} as given(source, source_id, partner_id, program_id, kind, currency, amount_minor, other_amounts,
        quantity, refund_of, occurred_at, hash)
      on conflict (source, source_id) do nothing
      returning source, source_id, program_id, occurred_at
    ), due as (
      insert into event_due(source, source_id, program_id, occurred_at)
      select source, source_id, program_id, occurred_at from added
    )
    select source, source_id as id from added`);
}

/** Keeps aside what came under a known key with other content. The same content is kept once. */
export async function addToQuarantine(
  db: Database,
  events: readonly { wire: WireEvent; hash: Uint8Array }[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ wire, hash }) => [
    wire.source,
    wire.id,
    JSON.stringify(wire),
    Buffer.from(hash).toString('hex'),
  ]);
  await db.query(sql.unsafe`
    insert into event_quarantine(source, source_id, payload, payload_hash)
    select source, source_id, payload::jsonb, decode(hash, 'hex')
    from ${sql.unnest(rows, ['text', 'text', 'text', 'text'])} as given(source, source_id, payload, hash)
    on conflict do nothing`);
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

const QuarantineRow = z.strictObject({
  number: z.bigint(),
  source: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  receivedAt: Instant,
});
export type QuarantinedEvent = z.infer<typeof QuarantineRow>;

/** What was kept aside, in the order in which it came. */
export const listQuarantine = (db: Database, after: bigint, limit: number): Promise<readonly QuarantinedEvent[]> =>
  db.any(sql.type(QuarantineRow)`
    select id as number, source, source_id as id, payload, received_at as "receivedAt"
    from event_quarantine where id > ${after} order by event_quarantine.id limit ${limit}`);
