import { sql } from 'slonik';
import { z } from 'zod';

import { Count, Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The refunds that came before their sales and wait for them. They stand in the queue of events. */

const IDS_SHOWN = 5;

const LongWaitRow = z.strictObject({
  program: z.string(),
  /** How many hours the program lets them wait. */
  hours: z.number(),
  count: Count,
  /** When the last of them began to wait. */
  newest: Instant,
  /** The sources and ids of those that have waited longest. */
  first: z.array(z.string()),
  /** Whether one of them was not told yet, and nothing was told about the program for as long as they waited. */
  isNew: z.boolean(),
});
type LongWait = z.infer<typeof LongWaitRow>;

/**
 * The programs with refunds that have waited for as long as the program lets them. `alarm` is the kind of the alarm that tells of them,
 * about the subject `program/` and the code.
 */
export const listLongWaits = (db: Database, alarm: string): Promise<readonly LongWait[]> =>
  db.any(sql.type(LongWaitRow)`
    select program.code as program, program.refund_wait_hours as hours, waiting.count, waiting.newest, longest.ids as first,
      told.at is null or (told.at < waiting.newest + wait.long and told.at <= now() - wait.long) as "isNew"
    from program
    cross join lateral (select make_interval(hours => program.refund_wait_hours) as long) wait
    cross join lateral (
      select count(distinct event_id) as count, max(waits_since) as newest from (
        select event_id, waits_since from event_due
        where program_id = program.id and waits_since <= now() - wait.long order by waits_since
      ) long
    ) waiting
    cross join lateral (
      select array_agg(event.source || '/' || event.source_id order by waits_since, event.id) as ids from (
        select event_id, min(waits_since) as waits_since from event_due
        where program_id = program.id and waits_since <= now() - wait.long
        group by event_id order by min(waits_since), event_id limit ${IDS_SHOWN}
      ) oldest join event on event.id = event_id
    ) longest
    cross join lateral (
      select max(fact.at) as at from alarm join alarm_fact fact on fact.alarm_id = alarm.id
      where alarm.kind = ${alarm} and alarm.subject = 'program/' || program.code
    ) told
    where waiting.count > 0
    order by program.code`);

const WaitTotalRow = z.strictObject({
  currency: Currency.nullable(),
  count: Count,
  minor: z.bigint().nullable(),
});

/**
 * The refunds that wait in the programs of a schedule, by currency. A refund of a whole sale has no currency and no amount. Each is looked
 * up by its key, because a join would read every event.
 */
export const sumWaitingRefunds = (db: Database, scheduleId: number): Promise<readonly z.infer<typeof WaitTotalRow>[]> =>
  db.any(sql.type(WaitTotalRow)`
    select event.currency, count(*) as count, sum(event.amount_minor)::bigint as minor
    from program join lateral (
      select distinct event_id from event_due where event_due.program_id = program.id and waits_since is not null
    ) due on true
    cross join lateral (
      select currency, amount_minor from event where id = due.event_id and kind = 'refund' limit 1
    ) event
    where program.schedule_id = ${scheduleId}
    group by event.currency order by event.currency nulls last`);

const WaitingRow = z.strictObject({
  partnerId: z.bigint(),
  source: z.string(),
  id: z.string(),
  about: z.string(),
  /** Null for a refund of a whole sale, as the amount is. */
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  waitsSince: Instant,
});
export type WaitingRefund = z.infer<typeof WaitingRow>;

/** The refunds of partners that have waited longest, a few for each, in the programs of a schedule. */
export const listWaitingRefunds = (
  db: Database,
  scheduleId: number,
  partnerIds: readonly bigint[],
  limit: number,
): Promise<readonly WaitingRefund[]> =>
  db.any(sql.type(WaitingRow)`
    select asked.partner_id as "partnerId", event.source, event.source_id as id, event.about, event.currency,
      event.amount_minor as minor, due.waits_since as "waitsSince"
    from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as asked(partner_id)
    cross join lateral (
      select event_id, waits_since from event_due
      where event_due.partner_id = asked.partner_id and waits_for is not null
        and exists (select from program where program.id = event_due.program_id and schedule_id = ${scheduleId})
      order by waits_since, event_id limit ${limit}
    ) due
    cross join lateral (select * from event where id = due.event_id and kind = 'refund' limit 1) event
    order by asked.partner_id, due.waits_since, due.event_id`);
