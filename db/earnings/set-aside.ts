import { sql } from 'slonik';
import { z } from 'zod';

import { EXACT_IN_MINOR } from '../../domain/exact-amount.ts';
import { Count, Currency, Instant, MinorText } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import { type DueKey, type EventKey, type SharesTried, trySetAsideAgain } from './events.ts';

/** The events that cannot be worked out. They stand in the queue of events, and everything else goes on without them. */

const DueKeyRow = z.strictObject({ eventId: z.bigint(), partnerId: z.bigint(), childId: z.bigint().nullable() });

/** The keys of the next events of a share of a program that are not worked out yet, in the order in which they came. */
export const listDueKeys = (
  db: Database,
  programId: number,
  shard: number,
  limit: number,
): Promise<readonly DueKey[]> =>
  db.any(sql.type(DueKeyRow)`
    select event_id as "eventId", partner_id as "partnerId", child_id as "childId" from event_due
    where program_id = ${programId} and shard = ${shard} and waits_for is null and set_aside_since is null
    order by event_id, partner_id, coalesce(child_id, 0) limit ${limit}`);

const NameRow = z.strictObject({ source: z.string(), id: z.string(), partner: z.string() });

/** The names of an event and of the partner for whom it is worked out. */
export const readDueName = (db: Database, { eventId, partnerId }: DueKey) =>
  db.one(sql.type(NameRow)`
    select event.source, event.source_id as id, partner.code as partner from event, partner
    where event.id = ${eventId} and partner.id = ${partnerId}`);

/** An event that stays in the queue for a partner, with the reason and the instant since when. */
export const stayingShape = {
  eventId: z.bigint(),
  partnerId: z.bigint(),
  program: z.string(),
  partner: z.string(),
  source: z.string(),
  id: z.string(),
  revision: z.number(),
  kind: z.string(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  reason: z.string(),
  since: Instant,
};

/** Its columns, but for reason and instant, in a query that names the tables `due`, `event`, `program` and `partner`. */
export const stayingColumns = sql.fragment`
  due.event_id as "eventId", due.partner_id as "partnerId", program.code as program, partner.code as partner, event.source,
  event.source_id as id, event.revision, event.kind, event.currency, event.amount_minor as minor, event.exact_amount as exact`;

const SetAsideRow = z.strictObject({ ...stayingShape, childId: z.bigint().nullable() });
export type SetAsideEvent = z.infer<typeof SetAsideRow>;

const setAsideColumns = sql.fragment`
  ${stayingColumns}, due.child_id as "childId", due.set_aside_reason as reason, due.set_aside_since as since`;

/** The events that are set aside now, in the order in which they came, after one of them. */
export const listSetAside = (db: Database, after: DueKey, limit: number): Promise<readonly SetAsideEvent[]> =>
  db.any(sql.type(SetAsideRow)`
    select ${setAsideColumns}
    from (
      select * from event_due where set_aside_since is not null
        and (event_id, partner_id, coalesce(child_id, 0)) > (${after.eventId}, ${after.partnerId}, ${after.childId ?? 0n})
      order by event_id, partner_id, coalesce(child_id, 0) limit ${limit}
    ) due
    join event on event.id = due.event_id join program on program.id = due.program_id join partner on partner.id = due.partner_id
    order by due.event_id, due.partner_id, coalesce(due.child_id, 0)`);

/** The events of partners that were set aside first, a few for each, in the programs of a schedule. */
export const listSetAsideOf = (
  db: Database,
  scheduleId: number,
  partnerIds: readonly bigint[],
  limit: number,
): Promise<readonly SetAsideEvent[]> =>
  db.any(sql.type(SetAsideRow)`
    select ${setAsideColumns}
    from ${unnestColumns(
      ['int8'],
      partnerIds.map((id) => [id]),
    )} as asked(partner_id)
    cross join lateral (
      select * from event_due
      where event_due.partner_id = asked.partner_id and set_aside_since is not null
        and exists (select from program where program.id = event_due.program_id and schedule_id = ${scheduleId})
      order by event_id limit ${limit}
    ) due
    cross join lateral (select * from event where id = due.event_id limit 1) event
    join program on program.id = due.program_id join partner on partner.id = due.partner_id
    order by due.partner_id, due.event_id`);

/** The events that count for nothing, by currency, with their sum in ten-thousandths of a minor unit. */
export const TotalRow = z.strictObject({ currency: Currency.nullable(), count: Count, exact: MinorText.nullable() });
export type EventTotal = z.infer<typeof TotalRow>;

/** The sum of the main amounts of events, in a query that names the table `event`. */
export const sumExact = sql.fragment`sum(coalesce(event.exact_amount, event.amount_minor * ${EXACT_IN_MINOR}))::text as exact`;

/** The events that are set aside in the programs of a schedule, by currency. */
export const sumSetAside = (db: Database, scheduleId: number): Promise<readonly EventTotal[]> =>
  db.any(sql.type(TotalRow)`
    select event.currency, count(*) as count, ${sumExact}
    from (
      select distinct event_id from event_due
      where set_aside_since is not null
        and exists (select from program where program.id = event_due.program_id and schedule_id = ${scheduleId})
    ) due
    cross join lateral (select currency, amount_minor, exact_amount from event where id = due.event_id limit 1) event
    group by event.currency order by event.currency nulls last`);

/** Tries the events again that were set aside and that a later revision corrects, once that is worked out. */
export const tryCorrectedAgain = (db: Database, corrected: readonly EventKey[]): Promise<readonly SharesTried[]> =>
  trySetAsideAgain(
    db,
    sql.fragment`(event.source, event.source_id) in (select * from ${unnestColumns(
      ['text', 'text'],
      corrected.map(({ source, id }) => [source, id]),
    )})`,
  );

export type SetAsideFilter = {
  program: string;
  partner?: string | undefined;
  source?: string | undefined;
  id?: string | undefined;
};

/** Tries the events of a program again that were set aside: all, those of a partner, or one. Returns how many, by share. */
export const tryFilteredAgain = (
  db: Database,
  { program, partner, source, id }: SetAsideFilter,
): Promise<readonly SharesTried[]> =>
  trySetAsideAgain(
    db,
    sql.fragment`due.program_id = (select program.id from program where program.code = ${program})
      and (${partner ?? null}::text is null or due.partner_id = (select known.id from partner known where known.code = ${partner ?? ''}))
      and (${source ?? null}::text is null or event.source = ${source ?? ''})
      and (${id ?? null}::text is null or event.source_id = ${id ?? ''})`,
  );
