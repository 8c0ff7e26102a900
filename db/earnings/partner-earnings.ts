import { sql } from 'slonik';
import { z } from 'zod';

import type { AsOf } from '../../domain/as-of.ts';
import { isKnown, joinPayout } from '../as-of.ts';
import { Instant, LocalDate, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';
import { selectConvertedLines } from './conversions.ts';
import { selectCorrectedLines } from './corrections.ts';
import { Calculation, calculationColumn, withExplanations } from './explained.ts';

/** The earnings that a partner sees, each with its event, its payout and its calculation. */

const EarnedRow = z.strictObject({
  source: z.string(),
  eventId: z.string(),
  key: z.string(),
  n: z.number(),
  kind: z.string(),
  occurredAt: Instant,
  program: z.string(),
  plan: z.string().nullable(),
  planVersion: z.number().nullable(),
  incentive: z.string(),
  currency: Unit,
  minor: z.bigint(),
  availableOn: LocalDate,
  /** The live payout that pays this earning, if there is one. */
  payoutId: z.string().nullable(),
  payoutStatus: z.string().nullable(),
  calculation: Calculation,
  facts: z.record(z.string(), z.unknown()).nullable(),
});
export type PartnerEarning = Awaited<ReturnType<typeof listPartnerEarnings>>[number];

export type EarningKey = { occurredAt: string; key: string; n: number };

/** Some earnings of a partner: those of a program, and of local days in the zone of its pay schedule. Both days are included. */
export type EarningFilter = { program?: string | undefined; from?: string | undefined; until?: string | undefined };

/**
 * A partner's earnings, newest first. `before` is the last one of the previous page. Money that came back in part and was
 * credited to the partner again has no event. Its source is the resolution of two people, and its program is that of the line. The
 * source of a corrected amount is the correction of two people, and that of converted points their conversion. With `asOf`, they are as they were
 * known at that instant.
 */
export async function listPartnerEarnings(
  db: Database,
  partnerId: bigint,
  before: EarningKey | null,
  limit: number,
  asOf: AsOf | null = null,
  filter: EarningFilter = {},
) {
  const { occurredAt = null, key = null, n = null } = before ?? {};
  const isAfter = (row: ReturnType<typeof sql.fragment>) => sql.fragment`
    (${key}::text is null or (${row}) < (${occurredAt}::timestamptz, ${key}, ${n}))`;
  const { program = null, from = null, until = null } = filter;
  const isAsked = (at: ReturnType<typeof sql.fragment>) => sql.fragment`
    (${program}::text is null or program.code = ${program})
    and (${from}::date is null or (${at} at time zone schedule.zone)::date >= ${from}::date)
    and (${until}::date is null or (${at} at time zone schedule.zone)::date <= ${until}::date)`;
  const booked =
    asOf === null
      ? sql.fragment``
      : sql.fragment`join accrual_batch batch on batch.id = earning.batch_id and ${isKnown(asOf, sql.fragment`batch.booked_at`)}`;
  const eventKey = sql.fragment`event.source || '/' || event.source_id || '/' || event.revision || coalesce('/' || earning.child_id, '')`;
  const eventOrder = sql.fragment`date_trunc('milliseconds', event.occurred_at), ${eventKey}, earning.n`;
  const earned = (found: ReturnType<typeof sql.fragment>) => sql.fragment`
    (select event.source, event.source_id as "eventId", ${eventKey} as key, earning.n, event.kind, event.occurred_at as "occurredAt",
      program.code as program, plan.code as plan, version.version as "planVersion", earning.incentive_id as incentive, earning.currency,
      earning.amount_minor as minor, earning.available_on as "availableOn", payout.id as "payoutId", payout.status as "payoutStatus",
      ${calculationColumn} as calculation, null::jsonb as facts
    from ${found}
    join program on program.id = earning.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
    left join earning_scope scope on scope.id = earning.scope_id
    ${booked}
    ${joinPayout(sql.fragment`earning.earning_line_id`, asOf)}
    where ${isAfter(eventOrder)} and ${isAsked(sql.fragment`event.occurred_at`)}
    order by date_trunc('milliseconds', event.occurred_at) desc, ${eventKey} desc, earning.n desc limit ${limit})`;
  const rows = await db.any(sql.type(EarnedRow)`
    select * from (
    ${earned(sql.fragment`(select * from event where partner_id = ${partnerId}) event
      join earning on earning.event_id = event.id and earning.partner_id = ${partnerId} and earning.child_id is null`)}
    union all
    ${earned(sql.fragment`(select * from earning where partner_id = ${partnerId} and child_id is not null) earning
      join event on event.id = earning.event_id`)}
    union all
    ${earned(sql.fragment`(select * from earning where partner_id = ${partnerId} and origin_id <> event_id and child_id is null) earning
      join event on event.id = earning.event_id and event.partner_id <> ${partnerId}`)}
    union all
    ${earned(sql.fragment`(
        select event.* from event_share share join event on event.id = share.event_id
        where share.partner_id = ${partnerId} and share.no > 1 and event.partner_id <> ${partnerId}
      ) event
      join earning on earning.event_id = event.id and earning.partner_id = ${partnerId} and earning.origin_id = event.id
        and earning.child_id is null`)}
    union all
    (select 'resolution', resolution.id::text, 'resolution/' || resolution.id, 0, line.kind, resolution.decided_at, program.code, null, null,
      line.kind, line.currency, line.amount_minor, line.available_on, payout.id, payout.status, null,
      jsonb_build_object('cameBackOf', resolution.payout_id, 'resolution', resolution.id)
    from earning_line line join resolution on resolution.id = line.resolution_id
    join program on program.id = line.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    ${joinPayout(sql.fragment`line.id`, asOf)}
    where line.partner_id = ${partnerId} and line.kind = 'returned_funds' and line.split_from is null
      and ${isKnown(asOf, sql.fragment`line.booked_at`)}
      and ${isAfter(sql.fragment`date_trunc('milliseconds', resolution.decided_at), 'resolution/' || resolution.id, 0`)}
      and ${isAsked(sql.fragment`resolution.decided_at`)})
    union all
    (${selectCorrectedLines(partnerId, asOf)}
      and ${isAfter(sql.fragment`date_trunc('milliseconds', correction.decided_at), 'correction/' || correction.id || '/' || item.item_no, 0`)}
      and ${isAsked(sql.fragment`correction.decided_at`)})
    union all
    (${selectConvertedLines(partnerId, asOf)}
      and ${isAfter(sql.fragment`date_trunc('milliseconds', conversion.decided_at), 'conversion/' || conversion.id, 0`)}
      and ${isAsked(sql.fragment`conversion.decided_at`)})
    ) earned
    order by date_trunc('milliseconds', "occurredAt") desc, key desc, n desc limit ${limit}`);
  return withExplanations(db, rows);
}
