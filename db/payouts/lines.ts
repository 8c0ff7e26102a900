import { sql } from 'slonik';
import { z } from 'zod';

import type { AsOf } from '../../domain/as-of.ts';
import { isKnown } from '../as-of.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { conversionFacts } from '../earnings/conversions.ts';
import { correctionFacts } from '../earnings/corrections.ts';
import { Calculation, calculationColumn, withExplanations } from '../earnings/explained.ts';

/** The contents of a payout: its earning lines, and the events behind them. */

const LineRow = z.strictObject({
  id: z.bigint(),
  program: z.string(),
  kind: z.string(),
  minor: z.bigint(),
  currency: Currency,
  earningCount: z.number(),
  availableOn: LocalDate,
  releasedAt: Instant.nullable(),
});

/** The earning lines that make up a payout. */
export const listPayoutLines = (db: Database, payoutId: string): Promise<readonly z.infer<typeof LineRow>[]> =>
  db.any(sql.type(LineRow)`
    select line.id, program.code as program, line.kind, line.amount_minor as "minor", line.currency,
      line.earning_count as "earningCount", line.available_on as "availableOn", taken.released_at as "releasedAt"
    from payout_line taken join earning_line line on line.id = taken.earning_line_id join program on program.id = line.program_id
    where taken.payout_id = ${payoutId} order by line.id`);

const ExplainedRow = z.strictObject({
  lineId: z.bigint(),
  source: z.string(),
  eventId: z.string(),
  kind: z.string(),
  occurredAt: Instant,
  incentive: z.string(),
  plan: z.string().nullable(),
  planVersion: z.number().nullable(),
  minor: z.bigint(),
  currency: Currency,
  availableOn: LocalDate,
  key: z.string(),
  calculation: Calculation,
  facts: z.record(z.string(), z.unknown()).nullable(),
});

/**
 * A payout down to its events: the event and plan version of each earning, and how the earning was computed. A part that came back
 * and was credited to the partner has no event. It names the payout that it came from and the decision. A correction by people has no
 * event either. It names its reason. Converted points name their rate. With `asOf`, only the lines that the payout had at that instant count.
 */
export async function listPayoutEarnings(
  db: Database,
  payoutId: string,
  after: { lineId: bigint; key: string },
  limit: number,
  asOf: AsOf | null = null,
) {
  const rows = await db.any(sql.type(ExplainedRow)`
    with recursive taken as (
      select line.id, line.split_from
      from payout_line paid join earning_line line on line.id = paid.earning_line_id
      join program on program.id = line.program_id join pay_schedule schedule on schedule.id = program.schedule_id
      where paid.payout_id = ${payoutId} and ${isKnown(asOf, sql.fragment`paid.taken_at`)}
      union
      select whole.id, whole.split_from from taken join earning_line whole on whole.id = taken.split_from
    ), line as (select id from taken where split_from is null), cause as (
      select earning.earning_line_id as "lineId", event.source, event.source_id as "eventId", event.kind,
        event.occurred_at as "occurredAt", earning.incentive_id as "incentive",
        plan.code as plan, version.version as "planVersion", earning.amount_minor as "minor", earning.currency,
        earning.available_on as "availableOn",
        lpad(earning.event_id::text, 20, '0') || '/' || lpad(earning.n::text, 5, '0')
          || coalesce('/' || earning.child_id, '') as key,
        ${calculationColumn} as calculation, null::jsonb as facts
      from line join earning on earning.earning_line_id = line.id
      join event on event.id = earning.event_id
      join program on program.id = earning.program_id join pay_schedule schedule on schedule.id = program.schedule_id
      left join earning_scope scope on scope.id = earning.scope_id
      join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
      union all
      select back.id, 'resolution', resolution.id::text, back.kind, resolution.decided_at, back.kind, null, null, back.amount_minor,
        back.currency, back.available_on, resolution.id::text, null,
        jsonb_build_object('cameBackOf', resolution.payout_id, 'resolution', resolution.id)
      from line join earning_line back on back.id = line.id join resolution on resolution.id = back.resolution_id
      union all
      select line.id, 'correction', correction.id || '/' || item.item_no, booked.kind, correction.decided_at, booked.kind, null, null,
        booked.amount_minor, booked.currency, booked.available_on, correction.id || '/' || item.item_no, null,
        ${correctionFacts}
      from line join earning_line booked on booked.id = line.id join correction on correction.id = booked.correction_id
      join correction_item item on item.correction_id = booked.correction_id and item.item_no = booked.correction_item
      union all
      select line.id, 'conversion', conversion.id::text, booked.kind, conversion.decided_at, booked.kind, null, null,
        booked.amount_minor, booked.currency, booked.available_on, conversion.id::text, null, ${conversionFacts}
      from line join earning_line booked on booked.id = line.id join conversion on conversion.id = booked.conversion_id
      join unit_rate rate on rate.id = conversion.rate_id join unit on unit.code = conversion.unit
    )
    select * from cause
    where ("lineId", key) > (${String(after.lineId)}::bigint, ${after.key})
    order by "lineId", key
    limit ${limit}`);
  return withExplanations(db, rows);
}
