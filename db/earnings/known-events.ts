import { sql } from 'slonik';
import { z } from 'zod';

import { Amounts, Bytes, Currency } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import { type EventKey, unnestKeys } from './events.ts';

/** The events that a new one may repeat, correct or refund. */

const KnownRow = z.strictObject({
  source: z.string(),
  id: z.string(),
  revision: z.number(),
  partner: z.string(),
  partnerId: z.bigint(),
  /** The partners of its shares. */
  sharePartnerIds: z.array(z.string().transform(BigInt)),
  program: z.string(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  otherAmounts: Amounts,
  quantity: z.number().nullable(),
  about: z.string().nullable(),
  occurredAtMs: z.number(),
  hash: Bytes,
});
/** The part of an event that shows whether another one repeats it, corrects it or may refund it. */
export type KnownEvent = z.infer<typeof KnownRow>;

/** All revisions of events, the lowest first. */
export const listKnownEvents = (db: Database, keys: readonly EventKey[]): Promise<readonly KnownEvent[]> =>
  db.any(sql.type(KnownRow)`
    select event.source, event.source_id as id, event.revision, partner.code as partner, event.partner_id as "partnerId",
      case when event.share_count = 0 then '[]' else (
        select jsonb_agg(share.partner_id::text order by share.no) from event_share share where share.event_id = event.id
      ) end as "sharePartnerIds", program.code as program, event.kind, event.currency, event.amount_minor as minor,
      event.exact_amount as exact, event.other_amounts as "otherAmounts",
      event.quantity, event.about, event.occurred_at as "occurredAtMs", event.payload_hash as hash
    from (
      select distinct source, source_id from ${unnestKeys(keys)} as given(source, source_id)
    ) asked
    join event using (source, source_id)
    join partner on partner.id = event.partner_id join program on program.id = event.program_id
    order by event.revision`);

const RevisedRow = z.strictObject({ source: z.string(), id: z.string() });

/** Those of some events that have more than one revision, or a refund or payment that names another partner. */
export const listRevised = (
  db: Database,
  events: readonly { source: string; id: string; eventPartnerId: bigint }[],
): Promise<readonly z.infer<typeof RevisedRow>[]> =>
  db.any(sql.type(RevisedRow)`
    select given.source, given.source_id as id
    from ${unnestColumns(
      ['text', 'text', 'int8'],
      events.map(({ source, id, eventPartnerId }) => [source, id, eventPartnerId]),
    )} as given(source, source_id, partner_id)
    cross join lateral (
      (select from event where (event.source, event.source_id) = (given.source, given.source_id) and event.revision > 1 limit 1)
      union all
      (select from event where (event.source, event.about) = (given.source, given.source_id) and event.partner_id <> given.partner_id limit 1)
      limit 1) changed`);
