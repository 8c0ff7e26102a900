import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Amounts, Currency, Instant, ReadingColumn } from '../column-types.ts';
import type { Database } from '../database.ts';
import type { EventKey } from './events.ts';

/** Events as people read them. */

const EventRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  partner: z.string(),
  program: z.string(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  quantity: z.number().nullable(),
  revision: z.number(),
  amounts: Amounts,
  attributes: z.record(z.string(), z.string()),
  reading: ReadingColumn,
  about: z.string().nullable(),
  shares: z.array(z.strictObject({ partner: z.string(), weight: z.string().transform(BigInt) })),
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

/** The events in which a partner has a part, in a query that names the partner's id. */
export const eventsOf = (partnerId: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  select * from event where partner_id = ${partnerId}
  union all
  select event.* from event_share share join event on event.id = share.event_id
  where share.partner_id = ${partnerId} and event.partner_id <> share.partner_id`;

/** The shares of an event as JSON, for a query that names the table of the event. */
const sharesOf = (event: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  case when ${event}.share_count = 0 then '[]' else (
    select jsonb_agg(jsonb_build_object('partner', partner.code, 'weight', share.weight::text) order by share.no)
    from event_share share join partner on partner.id = share.partner_id where share.event_id = ${event}.id) end`;

/** Events by source and id, each in its highest revision. */
export const listEvents = (
  db: Database,
  filter: EventFilter,
  after: EventKey | null,
  limit: number,
): Promise<readonly StoredEvent[]> => {
  const { source = null, id = null, partner = null, program = null } = filter;
  return db.any(sql.type(EventRow)`
    select event.source, event.source_id as id, partner.code as partner, program.code as program, event.kind, event.currency,
      event.amount_minor as minor, event.exact_amount as exact, event.quantity, event.revision, event.other_amounts as amounts, event.attributes, event.reading,
      event.about, ${sharesOf(sql.fragment`event`)} as shares, event.occurred_at as "occurredAt", event.booked_at as "bookedAt",
      not exists (select from event_due due where due.event_id = event.id) as accrued
    from ${partner === null ? sql.fragment`event` : sql.fragment`(${eventsOf(sql.fragment`(select known.id from partner known where known.code = ${partner})`)}) event`}
    join partner on partner.id = event.partner_id join program on program.id = event.program_id
    where not exists (
        select from event later where later.source = event.source and later.source_id = event.source_id
          and later.revision > event.revision)
      and (${source}::text is null or event.source = ${source}) and (${id}::text is null or event.source_id = ${id})
      and (${program}::text is null or program.code = ${program})
      and (${after?.source ?? null}::text is null or (event.source, event.source_id) > (${after?.source ?? ''}, ${after?.id ?? ''}))
    order by event.source, event.source_id limit ${limit}`);
};
