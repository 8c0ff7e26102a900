import { sql } from 'slonik';
import { z } from 'zod';

import { Count } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import { stayingColumns, stayingShape } from './set-aside.ts';

/** The events whose partners were not eligible on their days, and the decisions of people about them. */

export const ADMISSION_DECISIONS = ['admit', 'dismiss'] as const;

const AdmissionRow = z.strictObject({
  eventId: z.bigint(),
  partnerId: z.bigint(),
  decision: z.enum(ADMISSION_DECISIONS),
  reason: z.string(),
  decidedBy: z.string(),
  /** When the event happened about which it was decided. */
  occurredAtMs: z.number(),
});
export type Admission = z.infer<typeof AdmissionRow>;

/** The decisions about some events, the oldest first. */
export const listAdmissions = (db: Database, eventIds: readonly bigint[]): Promise<readonly Admission[]> =>
  db.any(sql.type(AdmissionRow)`
    select event_id as "eventId", admission.partner_id as "partnerId", decision, reason, decided_by as "decidedBy",
      event.occurred_at as "occurredAtMs"
    from event_admission admission join event on event.id = event_id
    where event_id = any(${sql.array(eventIds.map(String), 'int8')})
    order by decided_at, event_id`);

/** Writes a decision about events that wait for a partner. */
export const insertAdmissions = (
  db: Database,
  events: readonly { readonly eventId: bigint; readonly partnerId: bigint }[],
  { decision, reason }: Pick<Admission, 'decision' | 'reason'>,
  by: string,
) =>
  db.query(sql.unsafe`
    insert into event_admission(event_id, partner_id, decision, reason, decided_by)
    select event_id, partner_id, ${decision}, ${reason}, ${by} from ${unnestColumns(
      ['int8', 'int8'],
      events.map(({ eventId, partnerId }) => [eventId, partnerId]),
    )} as given(event_id, partner_id)
    on conflict do nothing`);

const IneligibleRow = z.strictObject(stayingShape);
export type IneligibleEvent = z.infer<typeof IneligibleRow>;

const selectIneligible = sql.fragment`
  select ${stayingColumns}, due.waits_for as reason, due.waits_since as since`;

/** The events of a program that wait because their partners were not eligible, in the order in which they came. */
export const listIneligible = (
  db: Database,
  programId: number,
  after: { eventId: bigint; partnerId: bigint },
  limit: number,
): Promise<readonly IneligibleEvent[]> =>
  db.any(sql.type(IneligibleRow)`
    ${selectIneligible}
    from (
      select * from event_due
      where waits_on = 'eligibility' and program_id = ${programId} and (event_id, partner_id) > (${after.eventId}, ${after.partnerId})
      order by event_id, partner_id limit ${limit}
    ) due
    join event on event.id = due.event_id join program on program.id = due.program_id join partner on partner.id = due.partner_id
    order by due.event_id, due.partner_id`);

/** Locks the revisions of an event that wait because a partner was not eligible. */
export const lockIneligible = (
  db: Database,
  { source, id, partnerId }: { source: string; id: string; partnerId: bigint },
): Promise<readonly IneligibleEvent[]> =>
  db.any(sql.type(IneligibleRow)`
    ${selectIneligible}
    from event join event_due due on due.event_id = event.id and due.partner_id = ${partnerId} and due.waits_on = 'eligibility'
    join program on program.id = due.program_id join partner on partner.id = due.partner_id
    where event.source = ${source} and event.source_id = ${id}
    order by event.revision for update of due`);

const TotalRow = z.strictObject({ program: z.string(), count: Count });
export const COUNTED_MAX = 1_000;

/** The programs with events that wait because their partners were not eligible. Many are counted in part. */
export const countIneligible = (db: Database): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select program.code as program, waiting.count from program
    cross join lateral (
      select count(*) as count from (
        select from event_due where waits_on = 'eligibility' and program_id = program.id limit ${COUNTED_MAX}) due
    ) waiting
    where program.bars_events and waiting.count > 0 order by program.code`);
