import { sql } from 'slonik';
import { z } from 'zod';

import { joinPayout } from '../as-of.ts';
import { Instant, LocalDate, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';
import { eventColumns, eventShape } from './accrual.ts';
import { Calculation, calculationColumn, withExplanations } from './explained.ts';

/** One event with all that came of it: its revisions and refunds, what was earned by each, and what it waits for. */

const RevisionRow = z.strictObject({ ...eventShape, bookedAt: Instant, zone: z.string(), isDue: z.boolean() });
export type EventRevisionSeen = z.infer<typeof RevisionRow>;

const selectRevision = sql.fragment`
  select ${eventColumns}, event.booked_at as "bookedAt", schedule.zone,
    exists (select from event_due due where due.event_id = event.id) as "isDue"
  from event join partner on partner.id = event.partner_id join program on program.id = event.program_id
  join pay_schedule schedule on schedule.id = program.schedule_id`;

/** Every revision of an event, the newest first. */
export const listRevisions = (db: Database, source: string, id: string): Promise<readonly EventRevisionSeen[]> =>
  db.any(sql.type(RevisionRow)`
    ${selectRevision} where event.source = ${source} and event.source_id = ${id} order by event.revision desc`);

/** The refunds of an event and the payments for it, in all revisions, the oldest first. */
export const listEventsAbout = (
  db: Database,
  source: string,
  id: string,
  limit: number,
): Promise<readonly EventRevisionSeen[]> =>
  db.any(sql.type(RevisionRow)`
    ${selectRevision} where event.source = ${source} and event.about = ${id} order by event.id limit ${limit}`);

const CausedRow = z.strictObject({
  eventId: z.bigint(),
  source: z.string(),
  id: z.string(),
  kind: z.string(),
  partner: z.string(),
  child: z.string().nullable(),
  program: z.string(),
  plan: z.string(),
  planVersion: z.number(),
  incentive: z.string(),
  currency: Unit,
  minor: z.bigint(),
  availableOn: LocalDate,
  bookedAt: Instant,
  /** The live payout that pays it, if there is one. */
  payoutId: z.string().nullable(),
  payoutStatus: z.string().nullable(),
  calculation: Calculation,
  facts: z.null(),
});
export type CausedEarning = Awaited<ReturnType<typeof listCausedEarnings>>[number];

export type Caused = {
  readonly eventIds: readonly bigint[];
  /** The partners who earn by them. Their events may have been worked out again later. Without them, later earnings are left out. */
  readonly partnerIds?: readonly bigint[];
};

/** The earnings that some events made, also when they were worked out again, each with its calculation. */
export async function listCausedEarnings(db: Database, { eventIds, partnerIds = [] }: Caused, limit: number) {
  const ids = sql.array(eventIds.map(String), 'int8');
  const rows = await db.any(sql.type(CausedRow)`
    select earning.event_id as "eventId", event.source, event.source_id as id, event.kind, partner.code as partner, child.code as child,
      program.code as program, plan.code as plan, version.version as "planVersion", earning.incentive_id as incentive, earning.currency,
      earning.amount_minor as minor, earning.available_on as "availableOn", batch.booked_at as "bookedAt", payout.id as "payoutId",
      payout.status as "payoutStatus", ${calculationColumn} as calculation, null as facts
    from (
      select * from earning where event_id = any(${ids})
      union all
      select * from earning where partner_id = any(${sql.array(partnerIds.map(String), 'int8')}) and origin_id = any(${ids})
        and origin_id <> event_id and event_id <> all(${ids})
      order by event_id, partner_id, n limit ${limit}
    ) earning
    join event on event.id = earning.event_id join partner on partner.id = earning.partner_id
    left join partner child on child.id = earning.child_id
    join program on program.id = earning.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
    join accrual_batch batch on batch.id = earning.batch_id
    left join earning_scope scope on scope.id = earning.scope_id
    ${joinPayout(sql.fragment`earning.earning_line_id`, null)}
    order by earning.event_id, earning.partner_id, earning.n`);
  return withExplanations(db, rows);
}

const PartnerIdRow = z.strictObject({ id: z.bigint() });

/** The partners who earned by some events, or share them. */
export const listEarners = (db: Database, eventIds: readonly bigint[]): Promise<readonly bigint[]> => {
  const ids = sql.array(eventIds.map(String), 'int8');
  return db.anyFirst(sql.type(PartnerIdRow)`
    select partner_id as id from event where id = any(${ids})
    union select partner_id from event_share where event_id = any(${ids})
    union select partner_id from earning where event_id = any(${ids})`);
};

const WaitRow = z.strictObject({
  eventId: z.bigint(),
  partner: z.string(),
  waitsOn: z.enum(['sale', 'rate', 'ladder', 'eligibility']).nullable(),
  waitsFor: z.string().nullable(),
  since: Instant.nullable(),
  setAside: z.string().nullable(),
});
export type EventWait = z.infer<typeof WaitRow>;

/** The places of some events in the queue: for whom they are not worked out, and why. */
export const listEventWaits = (db: Database, eventIds: readonly bigint[]): Promise<readonly EventWait[]> =>
  db.any(sql.type(WaitRow)`
    select due.event_id as "eventId", partner.code as partner, due.waits_on as "waitsOn", due.waits_for as "waitsFor",
      coalesce(due.waits_since, due.set_aside_since) as since, due.set_aside_reason as "setAside"
    from event_due due join partner on partner.id = due.partner_id
    where due.event_id = any(${sql.array(eventIds.map(String), 'int8')}) order by due.event_id, partner.code`);
