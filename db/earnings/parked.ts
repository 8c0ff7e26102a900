import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import type { WireEvent } from '../../domain/event.ts';
import { Count, Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

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

/** Parks events. The same content is parked once. */
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
    from ${sql.unnest(rows, ['int4', 'text', 'text', 'text', 'int4', 'text', 'int8', 'text', 'text', 'uuid'])}
      as given(program_id, partner, source, source_id, revision, currency, minor, payload, hash, sent_by)
    on conflict do nothing`);
}

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
});
export type ParkedEvent = z.infer<typeof ParkedRow>;

/** The events that are parked now, in the order in which they came. */
export const listParked = (db: Database, after: bigint, limit: number): Promise<readonly ParkedEvent[]> =>
  db.any(sql.type(ParkedRow)`
    select parked.id as number, program.code as program, partner_code as partner,
      exists (select from partner where partner.code = parked.partner_code) as "isKnown", source, source_id as id, payload,
      parked_at as "parkedAt"
    from event_parked parked join program on program.id = parked.program_id
    where claimed_at is null and parked.id > ${after} order by parked.id limit ${limit}`);

const ParkedTotalRow = z.strictObject({ currency: Currency.nullable(), count: Count, minor: z.bigint().nullable() });

/** The events that are parked in the programs of a schedule, by currency. */
export const sumParked = (db: Database, scheduleId: number): Promise<readonly z.infer<typeof ParkedTotalRow>[]> =>
  db.any(sql.type(ParkedTotalRow)`
    select parked.currency, count(*) as count,
      sum(case when parked.payload ->> 'kind' = 'refund' then -parked.amount_minor else parked.amount_minor end)::bigint as minor
    from event_parked parked join program on program.id = parked.program_id
    where claimed_at is null and program.schedule_id = ${scheduleId}
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
    where claimed_at is null and exists (
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
