import { sql } from 'slonik';
import { z } from 'zod';

import type { Event } from '../../domain/event.ts';
import type { EarnedBefore, Earning } from '../../domain/earnings/earning.ts';
import type { WindowTotals } from '../../domain/programs/incentives/incentive.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import type { Database } from '../database.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';

/** An event as accrual reads it: the domain's, with the rows it belongs to. */
export type DueEvent = Event & { readonly partnerId: bigint };

const DueRow = z
  .strictObject({
    source: z.string(),
    source_id: z.string(),
    program: z.string(),
    partner: z.string(),
    partner_id: z.bigint(),
    kind: z.string(),
    occurred_at: z.number(),
    currency: Currency.nullable(),
    amount_minor: z.bigint().nullable(),
    other_amounts: z.record(z.string(), z.string()),
    quantity: z.number().nullable(),
    refund_of: z.string().nullable(),
  })
  .transform((row): DueEvent => ({
    source: row.source,
    id: row.source_id,
    program: row.program,
    partner: row.partner,
    partnerId: row.partner_id,
    kind: row.kind,
    occurredAtMs: row.occurred_at,
    currency: row.currency,
    minor: row.amount_minor,
    otherAmounts: Object.fromEntries(Object.entries(row.other_amounts).map(([name, minor]) => [name, BigInt(minor)])),
    quantity: row.quantity,
    refundOf: row.refund_of,
  }));

const eventColumns = sql.fragment`
  event.source, event.source_id, program.code as program, partner.code as partner, event.partner_id, event.kind, event.occurred_at,
  event.currency, event.amount_minor, event.other_amounts, event.quantity, event.refund_of`;

const eventKeys = (events: readonly { source: string; id: string }[]) =>
  sql.unnest(
    events.map(({ source, id }) => [source, id]),
    ['text', 'text'],
  );

const ProgramRow = z.strictObject({ id: z.number(), zone: z.string() });
export type AccrualProgram = z.infer<typeof ProgramRow>;

/** Takes a program for this transaction alone: two accruals of one program would count a tier's volume twice. */
export async function lockProgramForAccrual(db: Database, code: string): Promise<AccrualProgram | null> {
  const program = await db.maybeOne(sql.type(ProgramRow)`
    select program.id, schedule.zone from program join pay_schedule schedule on schedule.id = program.schedule_id
    where program.code = ${code}`);
  if (program) await db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('accrual'), ${program.id})`);
  return program;
}

/** The next events of a program that nobody worked out yet, in the order in which they happened. */
export const listDueEvents = (db: Database, programId: number, limit: number): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select ${eventColumns}
    from event_due due join event using (source, source_id)
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    where due.program_id = ${programId} and due.waits_for is null
    order by due.occurred_at, due.source, due.source_id limit ${limit}`);

/** The events that are named, if they were worked out already. */
export const listAccruedEvents = (
  db: Database,
  events: readonly { source: string; id: string }[],
): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select ${eventColumns}
    from ${eventKeys(events)} as wanted(source, source_id) join event using (source, source_id)
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    where not exists (select from event_due due where due.source = event.source and due.source_id = event.source_id)`);

const PlanVersionRow = z
  .strictObject({ partner_id: z.bigint(), id: z.number(), effective_from: Instant, terms: PlanTerms })
  .transform(({ partner_id, effective_from, ...row }) => ({
    ...row,
    partnerId: partner_id,
    effectiveFrom: effective_from,
  }));
export type AgreedPlanVersion = z.infer<typeof PlanVersionRow>;

/** Every version of the plans that partners agreed to in a program, newest first. */
export const listAgreedPlanVersions = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly AgreedPlanVersion[]> =>
  db.any(sql.type(PlanVersionRow)`
    select agreement.partner_id, version.id, version.effective_from, version.terms
    from agreement join plan_version version on version.plan_id = agreement.plan_id
    where agreement.program_id = ${programId} and agreement.partner_id = any(${sql.array(partnerIds.map(String), 'int8')})
    order by version.effective_from desc, version.version desc`);

export type WindowKey = { partnerId: bigint; incentiveId: string; windowStart: string };
export const windowKey = ({ partnerId, incentiveId, windowStart }: WindowKey): string =>
  `${partnerId}/${incentiveId}/${windowStart}`;

const TotalsRow = z.strictObject({
  partner_id: z.bigint(),
  incentive_id: z.string(),
  window_start: LocalDate,
  basis_minor: z.bigint(),
  earned_minor: z.bigint(),
});

/** What has counted towards tiers so far, by `windowKey`. */
export async function readWindowTotals(
  db: Database,
  programId: number,
  windows: readonly WindowKey[],
): Promise<Map<string, WindowTotals>> {
  if (windows.length === 0) return new Map();
  const rows = await db.any(sql.type(TotalsRow)`
    select earning.partner_id, earning.incentive_id, earning.window_start, sum(earning.basis_minor)::bigint as basis_minor,
           sum(earning.amount_minor)::bigint as earned_minor
    from (select distinct * from ${sql.unnest(
      windows.map((window) => [String(window.partnerId), window.incentiveId, window.windowStart]),
      ['int8', 'text', 'date'],
    )} as raw(partner_id, incentive_id, window_start)) wanted
    join earning using (partner_id, incentive_id, window_start)
    where earning.program_id = ${programId}
    group by 1, 2, 3`);
  return new Map(
    rows.map((row) => [
      windowKey({ partnerId: row.partner_id, incentiveId: row.incentive_id, windowStart: row.window_start }),
      { basisMinor: row.basis_minor, earnedMinor: row.earned_minor },
    ]),
  );
}

/** What a sale earned, with the plan version it was earned under, and what refunds took back and refunded before. */
export type SaleEarnings = {
  readonly earnings: readonly (EarnedBefore & { readonly planVersionId: number })[];
  readonly refundedMinor: bigint;
};

const SaleRow = z
  .strictObject({
    incentive_id: z.string(),
    plan_version_id: z.number(),
    amount_minor: z.bigint(),
    currency: Currency,
    basis_minor: z.bigint(),
    window_start: LocalDate.nullable(),
    available_on: LocalDate,
    reversed_minor: z.bigint(),
    reversed_basis_minor: z.bigint(),
  })
  .transform((row) => ({
    incentiveId: row.incentive_id,
    planVersionId: row.plan_version_id,
    minor: row.amount_minor,
    currency: row.currency,
    basisMinor: row.basis_minor,
    windowStart: row.window_start,
    availableOn: row.available_on,
    reversedMinor: row.reversed_minor,
    reversedBasisMinor: row.reversed_basis_minor,
  }));

/** Reads what a sale earned and what its refunds, those worked out already, took back. */
export async function readSaleEarnings(db: Database, sale: DueEvent): Promise<SaleEarnings> {
  const earnings = await db.any(sql.type(SaleRow)`
    select sale.incentive_id, sale.plan_version_id, sale.amount_minor, sale.currency, sale.basis_minor, sale.window_start,
           sale.available_on, coalesce(-sum(back.amount_minor), 0)::bigint as reversed_minor,
           coalesce(-sum(back.basis_minor), 0)::bigint as reversed_basis_minor
    from earning sale
    left join earning back on back.source = sale.source and back.reverses = sale.source_id and back.incentive_id = sale.incentive_id
    where sale.source = ${sale.source} and sale.source_id = ${sale.id}
    group by sale.source, sale.source_id, sale.incentive_id`);
  const refundedMinor = await db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(coalesce(refund.amount_minor, ${String(sale.minor ?? 0n)}::bigint)), 0)::bigint as minor
    from event refund
    where refund.source = ${sale.source} and refund.refund_of = ${sale.id}
      and not exists (select from event_due due where due.source = refund.source and due.source_id = refund.source_id)`);
  return { earnings, refundedMinor };
}

export type NewEarning = Earning & {
  readonly event: DueEvent;
  readonly planVersionId: number;
  readonly reverses: string | null;
};

const lineKind = ({ reverses }: NewEarning): 'earned' | 'reversed' => (reverses === null ? 'earned' : 'reversed');

const LineRow = z
  .strictObject({
    id: z.bigint(),
    partner_id: z.bigint(),
    kind: z.string(),
    currency: Currency,
    available_on: LocalDate,
    amount_minor: z.bigint(),
    booked_at: Instant,
  })
  .transform((row) => ({
    id: row.id,
    partnerId: row.partner_id,
    kind: row.kind,
    currency: row.currency,
    availableOn: row.available_on,
    minor: row.amount_minor,
    bookedAt: row.booked_at,
  }));
export type EarningLine = z.infer<typeof LineRow>;

/**
 * Writes a page's earnings as one batch, summed into lines by partner, kind, currency and release day; returns the lines. A sum
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
  ]);
  const columns = sql.fragment`source, source_id, incentive_id, partner_id, plan_version_id, currency, amount_minor, basis_minor,
    window_start, available_on, explanation, reverses, kind`;
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
  ];
  const lines = await db.any(sql.type(LineRow)`
    insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
    select partner_id, ${programId}, kind, ${batchId}, currency, sum(amount_minor), count(*), available_on
    from ${sql.unnest(rows, types)} as added(${columns})
    group by partner_id, kind, currency, available_on having sum(amount_minor) <> 0
    order by partner_id, kind, currency, available_on
    returning id, partner_id, kind, currency, available_on, amount_minor, now() as booked_at`);
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

/** These events are worked out; refunds that waited for one of them are due now. */
export async function finishDueEvents(db: Database, events: readonly DueEvent[]): Promise<void> {
  await db.query(sql.unsafe`
    delete from event_due due using ${eventKeys(events)} as done(source, source_id)
    where due.source = done.source and due.source_id = done.source_id`);
  await db.query(sql.unsafe`
    update event_due due set waits_for = null from ${eventKeys(events)} as done(source, source_id)
    where due.source = done.source and due.waits_for = done.source_id`);
}

/** These refunds came before their sales. */
export const waitForSales = (db: Database, refunds: readonly DueEvent[]) =>
  db.query(sql.unsafe`
    update event_due due set waits_for = refund.refund_of
    from ${sql.unnest(
      refunds.map(({ source, id, refundOf }) => [source, id, refundOf]),
      ['text', 'text', 'text'],
    )}
      as refund(source, source_id, refund_of)
    where due.source = refund.source and due.source_id = refund.source_id`);

const EarnedRow = z
  .strictObject({
    source: z.string(),
    source_id: z.string(),
    kind: z.string(),
    occurred_at: Instant,
    program: z.string(),
    plan: z.string().nullable(),
    plan_version: z.number().nullable(),
    incentive_id: z.string(),
    currency: Currency,
    amount_minor: z.bigint(),
    available_on: LocalDate,
    payout_id: z.string().nullable(),
    payout_status: z.string().nullable(),
    explanation: z.record(z.string(), z.unknown()),
  })
  .transform((row) => ({
    source: row.source,
    eventId: row.source_id,
    kind: row.kind,
    occurredAt: row.occurred_at,
    program: row.program,
    plan: row.plan,
    planVersion: row.plan_version,
    incentive: row.incentive_id,
    currency: row.currency,
    minor: row.amount_minor,
    availableOn: row.available_on,
    /** The live payout that it is in, if there is one. */
    payoutId: row.payout_id,
    payoutStatus: row.payout_status,
    explanation: row.explanation,
  }));
export type PartnerEarning = z.infer<typeof EarnedRow>;

export type EarningKey = { occurredAt: string; source: string; eventId: string; incentive: string };

/**
 * What a partner earned, the newest first; `before` is the last one of the page before. What came back in part and was given to the
 * partner again has no event: its source is the resolution of two people, and its program that of the line.
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
    (select event.source, event.source_id, event.kind, event.occurred_at, program.code as program, plan.code as plan,
      version.version as plan_version, earning.incentive_id, earning.currency, earning.amount_minor, earning.available_on,
      payout.id as payout_id, payout.status as payout_status, earning.explanation
    from event
    join earning on earning.source = event.source and earning.source_id = event.source_id
    join program on program.id = earning.program_id
    join plan_version version on version.id = earning.plan_version_id join plan on plan.id = version.plan_id
    left join payout_line taken on taken.earning_line_id = earning.earning_line_id and taken.released_at is null
    left join payout on payout.id = taken.payout_id
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
    left join payout_line taken on taken.earning_line_id = line.id and taken.released_at is null
    left join payout on payout.id = taken.payout_id
    where line.partner_id = ${partnerId} and line.kind = 'returned_funds' and line.split_from is null
      and ${isAfter(sql.fragment`date_trunc('milliseconds', resolution.decided_at), 'resolution', resolution.id::text, line.kind`)})
    ) earned
    order by date_trunc('milliseconds', occurred_at) desc, source desc, source_id desc, incentive_id desc limit ${limit}`);
}
