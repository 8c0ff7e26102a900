import { sql } from 'slonik';
import { z } from 'zod';

import { LINE_KIND_OF } from '../../domain/earnings/correction.ts';
import type { Earning } from '../../domain/earnings/earning.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { type Correction, selectCorrectedLines } from './corrections.ts';
import type { DueEvent } from './events.ts';

export type NewEarning = Earning & {
  readonly event: DueEvent;
  readonly planVersionId: number;
  readonly reverses: string | null;
};

const lineKind = ({ reverses }: NewEarning): 'earned' | 'reversed' => (reverses === null ? 'earned' : 'reversed');

const LineRow = z.strictObject({
  id: z.bigint(),
  partnerId: z.bigint(),
  kind: z.string(),
  currency: Currency,
  availableOn: LocalDate,
  minor: z.bigint(),
  bookedAt: Instant,
});
export type EarningLine = z.infer<typeof LineRow>;

/**
 * Writes a page's earnings as one batch, summed into lines by partner, kind, currency and release day. Returns the lines. A sum
 * of 0 makes no line.
 */
export async function insertEarnings(
  db: Database,
  programId: number,
  eventCount: number,
  earnings: readonly NewEarning[],
): Promise<readonly EarningLine[]> {
  const batchId = await db.oneFirst(sql.type(z.object({ id: z.bigint() }))`
    insert into accrual_batch(program_id, event_count) values (${programId}, ${eventCount}) returning id`);
  const rows = earnings.map((earning) => [
    earning.event.source,
    earning.event.id,
    earning.incentiveId,
    String(earning.event.partnerId),
    earning.planVersionId,
    earning.currency,
    String(earning.minor),
    String(earning.basisMinor),
    earning.windowStart,
    earning.availableOn,
    JSON.stringify(earning.explanation),
    earning.reverses,
    lineKind(earning),
    earning.event.sentBy,
  ]);
  const columns = sql.fragment`source, source_id, incentive_id, partner_id, plan_version_id, currency, amount_minor, basis_minor,
    window_start, available_on, explanation, reverses, kind, sent_by`;
  const types = [
    'text',
    'text',
    'text',
    'int8',
    'int4',
    'text',
    'int8',
    'int8',
    'date',
    'date',
    'text',
    'text',
    'text',
    'uuid',
  ];
  const lines = await db.any(sql.type(LineRow)`
    insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on, made_by)
    select partner_id, ${programId}, kind, ${batchId}, currency, sum(amount_minor), count(*), available_on,
      array_remove(array_agg(distinct sent_by) || array_agg(distinct terms.created_by), null)
    from ${sql.unnest(rows, types)} as added(${columns}) join plan_version terms on terms.id = added.plan_version_id
    group by partner_id, kind, currency, available_on having sum(amount_minor) <> 0
    order by partner_id, kind, currency, available_on
    returning id, partner_id as "partnerId", kind, currency, available_on as "availableOn", amount_minor as minor, now() as "bookedAt"`);
  await db.query(sql.unsafe`
    insert into earning(source, source_id, incentive_id, partner_id, program_id, plan_version_id, batch_id, earning_line_id, currency,
      amount_minor, basis_minor, window_start, available_on, explanation, reverses)
    select added.source, added.source_id, added.incentive_id, added.partner_id, ${programId}, added.plan_version_id, ${batchId}, line.id,
      added.currency, added.amount_minor, added.basis_minor, added.window_start, added.available_on, added.explanation::jsonb, added.reverses
    from ${sql.unnest(rows, types)} as added(${columns})
    left join earning_line line on line.batch_id = ${batchId} and line.partner_id = added.partner_id and line.kind = added.kind
      and line.currency = added.currency and line.available_on = added.available_on`);
  return lines;
}

/**
 * Writes a part of a payout that came back and that people credited to the partner, as a line of its own. The line belongs to the
 * program that most of the payout came from, and is free as soon as the payout's own lines were. Returns whether it was new.
 */
export const insertReturnedLine = (db: Database, resolutionId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, resolution_id,
      made_by)
    select payout.partner_id, main.program_id, 'returned_funds', payout.currency, resolution.amount_minor, 0, main.available_on,
      resolution.id, array[resolution.proposed_by]
    from resolution join payout on payout.id = resolution.payout_id
    cross join lateral (
      select line.program_id, max(line.available_on) as available_on
      from payout_line taken join earning_line line on line.id = taken.earning_line_id
      where taken.payout_id = payout.id group by line.program_id order by sum(line.amount_minor) desc, line.program_id limit 1
    ) main
    where resolution.id = ${resolutionId}`,
  );

/** Writes the lines of a confirmed correction's items after a number. Its proposer had a hand in what they pay. */
export const insertCorrectedLines = (db: Database, { id, kind }: Pick<Correction, 'id' | 'kind'>, after: number) =>
  db.query(sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, correction_id,
      correction_item, made_by)
    select item.partner_id, item.program_id, ${LINE_KIND_OF[kind]}, item.currency, item.amount_minor, 0, item.available_on,
      item.correction_id, item.item_no, array[correction.proposed_by]
    from correction_item item join correction on correction.id = item.correction_id
    where item.correction_id = ${id} and item.item_no > ${after} order by item.item_no`);

const EarnedRow = z.strictObject({
  source: z.string(),
  eventId: z.string(),
  kind: z.string(),
  occurredAt: Instant,
  program: z.string(),
  plan: z.string().nullable(),
  planVersion: z.number().nullable(),
  incentive: z.string(),
  currency: Currency,
  minor: z.bigint(),
  availableOn: LocalDate,
  /** The live payout that pays this earning, if there is one. */
  payoutId: z.string().nullable(),
  payoutStatus: z.string().nullable(),
  explanation: z.record(z.string(), z.unknown()),
});
export type PartnerEarning = z.infer<typeof EarnedRow>;

export type EarningKey = { occurredAt: string; source: string; eventId: string; incentive: string };

/**
 * A partner's earnings, newest first. `before` is the last one of the previous page. Money that came back in part and was
 * credited to the partner again has no event. Its source is the resolution of two people, and its program is that of the line. The
 * source of a corrected amount is the correction of two people.
 */
export function listPartnerEarnings(
  db: Database,
  partnerId: bigint,
  before: EarningKey | null,
  limit: number,
): Promise<readonly PartnerEarning[]> {
  const { occurredAt = null, source = null, eventId = null, incentive = null } = before ?? {};
  const isAfter = (row: ReturnType<typeof sql.fragment>) => sql.fragment`
    (${source}::text is null or (${row}) < (${occurredAt}::timestamptz, ${source}, ${eventId}, ${incentive}))`;
  return db.any(sql.type(EarnedRow)`
    select * from (
    (select event.source, event.source_id as "eventId", event.kind, event.occurred_at as "occurredAt", program.code as program,
      plan.code as plan, version.version as "planVersion", earning.incentive_id as incentive, earning.currency,
      earning.amount_minor as minor, earning.available_on as "availableOn", payout.id as "payoutId", payout.status as "payoutStatus",
      earning.explanation
    from event
    join earning on earning.source = event.source and earning.source_id = event.source_id
    join program on program.id = earning.program_id
    join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
    left join payout_line paid on paid.earning_line_id = earning.earning_line_id and paid.taken
    left join payout on payout.id = paid.payout_id
    where event.partner_id = ${partnerId}
      and ${isAfter(sql.fragment`date_trunc('milliseconds', event.occurred_at), event.source, event.source_id, earning.incentive_id`)}
    order by date_trunc('milliseconds', event.occurred_at) desc, event.source desc, event.source_id desc, earning.incentive_id desc
    limit ${limit})
    union all
    (select 'resolution', resolution.id::text, line.kind, resolution.decided_at, program.code, null, null, line.kind, line.currency,
      line.amount_minor, line.available_on, payout.id, payout.status,
      jsonb_build_object('cameBackOf', resolution.payout_id, 'resolution', resolution.id)
    from earning_line line join resolution on resolution.id = line.resolution_id
    join program on program.id = line.program_id
    left join payout_line paid on paid.earning_line_id = line.id and paid.taken
    left join payout on payout.id = paid.payout_id
    where line.partner_id = ${partnerId} and line.kind = 'returned_funds' and line.split_from is null
      and ${isAfter(sql.fragment`date_trunc('milliseconds', resolution.decided_at), 'resolution', resolution.id::text, line.kind`)})
    union all
    (${selectCorrectedLines(partnerId)}
      and ${isAfter(sql.fragment`date_trunc('milliseconds', correction.decided_at), 'correction', correction.id || '/' || item.item_no, line.kind`)})
    ) earned
    order by date_trunc('milliseconds', "occurredAt") desc, source desc, "eventId" desc, incentive desc limit ${limit}`);
}
