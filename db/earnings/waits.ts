import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { WAITS_ON, type WaitsOn } from '../../domain/earnings/waiting-events.ts';
import { Count, Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { type EventTotal, sumExact, TotalRow } from './set-aside.ts';

/** The events that stand in the queue of events and wait: for a sale, a rate, a rung, or because their partners were not eligible. */

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

/** Whether an event waits for a sale that never came. A sale that came and waits itself keeps its refunds waiting, and is told of by itself. */
const isUnknown = sql.fragment`
  waits_on = 'sale' and not exists (select from event sale where sale.source = event_due.source and sale.source_id = waits_for)`;

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
        where ${isUnknown} and program_id = program.id and waits_since <= now() - wait.long order by waits_since
      ) long
    ) waiting
    cross join lateral (
      select array_agg(event.source || '/' || event.source_id order by waits_since, event.id) as ids from (
        select event_id, min(waits_since) as waits_since from event_due
        where ${isUnknown} and program_id = program.id and waits_since <= now() - wait.long
        group by event_id order by min(waits_since), event_id limit ${IDS_SHOWN}
      ) oldest join event on event.id = event_id
    ) longest
    cross join lateral (
      select max(fact.at) as at from alarm join alarm_fact fact on fact.alarm_id = alarm.id
      where alarm.kind = ${alarm} and alarm.subject = 'program/' || program.code
    ) told
    where waiting.count > 0
    order by program.code`);

/**
 * The event of a row of the queue that waits, looked up by its key, because a join would read every event. Payments that wait for their sale
 * are left out, and so are revisions that a later one corrects.
 */
const waitingEvent = (waitsOn: FragmentSqlToken) => sql.fragment`
  select * from event where id = due.event_id and (kind = 'refund' or ${waitsOn} <> 'sale') and not exists (
    select from event later where (later.source, later.source_id) = (event.source, event.source_id) and later.revision > event.revision)
  limit 1`;

/**
 * The events that wait for something in the programs of a schedule, by currency. A refund of a whole sale has no currency and no amount.
 */
export const sumWaiting = (db: Database, scheduleId: number, waitsOn: WaitsOn): Promise<readonly EventTotal[]> =>
  db.any(sql.type(TotalRow)`
    select event.currency, count(*) as count, ${sumExact}
    from program join lateral (
      select distinct event_id from event_due where waits_on = ${waitsOn} and event_due.program_id = program.id
    ) due on true
    cross join lateral (${waitingEvent(sql.fragment`${waitsOn}`)}) event
    where program.schedule_id = ${scheduleId}
    group by event.currency order by event.currency nulls last`);

const WaitingRow = z.strictObject({
  partnerId: z.bigint(),
  source: z.string(),
  id: z.string(),
  /** The id of the sale, the name of the rate or the rung, or the reason why the partner was not eligible. */
  waitsFor: z.string(),
  /** Null for a refund of a whole sale, as the amount is. */
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  waitsSince: Instant,
});
export type WaitingEvent = z.infer<typeof WaitingRow>;

/** The events of partners that have waited longest for something, a few for each, in the programs of a schedule. */
export const listWaiting = (
  db: Database,
  scheduleId: number,
  partnerIds: readonly bigint[],
  waitsOn: WaitsOn,
  limit: number,
): Promise<readonly WaitingEvent[]> =>
  db.any(sql.type(WaitingRow)`
    select asked.partner_id as "partnerId", event.source, event.source_id as id, due.waits_for as "waitsFor", event.currency,
      event.amount_minor as minor, event.exact_amount as exact, due.waits_since as "waitsSince"
    from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as asked(partner_id)
    cross join lateral (
      select event_id, waits_for, waits_since from event_due
      where waits_on = ${waitsOn} and event_due.partner_id = asked.partner_id
        and exists (select from program where program.id = event_due.program_id and schedule_id = ${scheduleId})
      order by waits_since, event_id limit ${limit}
    ) due
    cross join lateral (${waitingEvent(sql.fragment`${waitsOn}`)}) event
    order by asked.partner_id, due.waits_since, due.event_id`);

const PartnerWaitRow = TotalRow.extend({ schedule: z.string(), waitsOn: z.enum(WAITS_ON) });
export type PartnerWait = z.infer<typeof PartnerWaitRow>;

/** The events of a partner that wait, by pay schedule, by that for which they wait, and by currency. */
export const sumWaitingOf = (db: Database, partnerId: bigint): Promise<readonly PartnerWait[]> =>
  db.any(sql.type(PartnerWaitRow)`
    select schedule.code as schedule, due.waits_on as "waitsOn", event.currency, count(*) as count, ${sumExact}
    from (
      select distinct event_id, program_id, waits_on from event_due
      where waits_on = any(${sql.array([...WAITS_ON], 'text')}) and partner_id = ${partnerId}
    ) due
    join program on program.id = due.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (${waitingEvent(sql.fragment`due.waits_on`)}) event
    group by schedule.code, due.waits_on, event.currency order by schedule.code, due.waits_on, event.currency nulls last`);

const RatelessRow = z.strictObject({
  /** The name of the rate, as `gapName` gives it. */
  rate: z.string(),
  /** At most `COUNTED_MAX`. */
  count: Count,
  programs: z.array(z.string()),
});

export const COUNTED_MAX = 1_000;

/** The rates for which events wait, each with the number of these events and the programs that pay for them. Many are counted in part. */
export const listMissingRates = (db: Database): Promise<readonly z.infer<typeof RatelessRow>[]> =>
  db.any(sql.type(RatelessRow)`
    with recursive missing(rate) as (
      (select waits_for from event_due where waits_on = 'rate' order by waits_for limit 1)
      union all
      select (select waits_for from event_due where waits_on = 'rate' and waits_for > missing.rate order by waits_for limit 1)
      from missing where missing.rate is not null
    )
    select missing.rate, waiting.count, waiting.programs
    from missing cross join lateral (
      select count(distinct event_id) as count, array_agg(distinct program.code) as programs
      from (select event_id, program_id from event_due where waits_on = 'rate' and waits_for = missing.rate limit ${COUNTED_MAX}) due
      join program on program.id = due.program_id
    ) waiting
    where missing.rate is not null order by missing.rate`);

const RateUseRow = z.strictObject({
  source: z.string(),
  programs: z.array(z.string()),
  /** The last day for which there are rates. */
  newest: LocalDate,
});

/** The sources whose rates programs took for earnings that are released since a day, each with the last day of its rates. */
export const listRateUse = (db: Database, since: string): Promise<readonly z.infer<typeof RateUseRow>[]> =>
  db.any(sql.type(RateUseRow)`
    select source.code as source, used.programs, newest.day as newest
    from rate_source source
    cross join lateral (
      select array_agg(program.code order by program.code) as programs from program
      where exists (
        select from earning where earning.rate is not null and earning.program_id = program.id
          and earning.rate->>'source' = source.code and earning.available_on >= ${since}
      )
    ) used
    cross join lateral (
      select day from exchange_rate where exchange_rate.source = source.code order by day desc limit 1
    ) newest
    where used.programs is not null
    order by source.code`);
