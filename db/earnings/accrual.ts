import { sql } from 'slonik';
import { z } from 'zod';

import type { EarnedBefore } from '../../domain/earnings/earning.ts';
import type { WindowTotals } from '../../domain/programs/incentives/incentive.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import type { DueEvent } from './events.ts';

/** The queries of accrual, which reads these rows before it works out what events earn. */

const ProgramRow = z.strictObject({ id: z.number(), zone: z.string() });
export type AccrualProgram = z.infer<typeof ProgramRow>;

/** Locks a program against other accruals until the transaction ends. Two at once would count a tier's volume twice. */
export async function lockProgramForAccrual(db: Database, code: string): Promise<AccrualProgram | null> {
  const program = await db.maybeOne(sql.type(ProgramRow)`
    select program.id, schedule.zone from program join pay_schedule schedule on schedule.id = program.schedule_id
    where program.code = ${code}`);
  if (program) await db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('accrual'), ${program.id})`);
  return program;
}

const PlanVersionRow = z.strictObject({
  partnerId: z.bigint(),
  id: z.number(),
  effectiveFrom: Instant,
  terms: PlanTerms,
  /** The days on which the partner earns by the plan. */
  from: LocalDate,
  until: LocalDate.nullable(),
});
export type AgreedPlanVersion = z.infer<typeof PlanVersionRow>;

/** Every version of the plans that partners agreed to in a program, newest first. A withdrawn version counts for nothing. */
export const listAgreedPlanVersions = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly AgreedPlanVersion[]> =>
  db.any(sql.type(PlanVersionRow)`
    select agreed.id as "partnerId", version.id, version.effective_from as "effectiveFrom", version.terms, term.starts_on as "from",
      term.ends_on as until
    from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as agreed(id)
    cross join lateral agreement_terms(agreed.id, ${programId}) term
    join plan_version version on version.plan_id = term.plan_id
    where not exists (select from plan_version_withdrawal withdrawal where withdrawal.plan_version_id = version.id)
    order by version.effective_from desc, version.version desc`);

export type WindowKey = { partnerId: bigint; incentiveId: string; windowStart: string };
export const windowKey = ({ partnerId, incentiveId, windowStart }: WindowKey): string =>
  `${partnerId}/${incentiveId}/${windowStart}`;

const TotalsRow = z.strictObject({
  partnerId: z.bigint(),
  incentiveId: z.string(),
  windowStart: LocalDate,
  basisMinor: z.bigint(),
  earnedMinor: z.bigint(),
});

/** Sums the amounts that have counted towards tiers so far, by `windowKey`. */
export async function readWindowTotals(
  db: Database,
  programId: number,
  windows: readonly WindowKey[],
): Promise<Map<string, WindowTotals>> {
  if (windows.length === 0) return new Map();
  const rows = await db.any(sql.type(TotalsRow)`
    select earning.partner_id as "partnerId", earning.incentive_id as "incentiveId", earning.window_start as "windowStart",
      sum(earning.basis_minor)::bigint as "basisMinor", sum(earning.amount_minor)::bigint as "earnedMinor"
    from (select distinct * from ${sql.unnest(
      windows.map((window) => [String(window.partnerId), window.incentiveId, window.windowStart]),
      ['int8', 'text', 'date'],
    )} as raw(partner_id, incentive_id, window_start)) wanted
    join earning using (partner_id, incentive_id, window_start)
    where earning.program_id = ${programId}
    group by 1, 2, 3`);
  return new Map(rows.map((row) => [windowKey(row), { basisMinor: row.basisMinor, earnedMinor: row.earnedMinor }]));
}

/** A sale's earnings, each with its plan version and the amount that refunds have taken back, and the total refunded so far. */
export type SaleEarnings = {
  readonly earnings: readonly (EarnedBefore & { readonly planVersionId: number })[];
  readonly refundedMinor: bigint;
};

const SaleRow = z.strictObject({
  incentiveId: z.string(),
  planVersionId: z.number(),
  minor: z.bigint(),
  currency: Currency,
  basisMinor: z.bigint(),
  windowStart: LocalDate.nullable(),
  availableOn: LocalDate,
  reversedMinor: z.bigint(),
  reversedBasisMinor: z.bigint(),
});

/** Reads what a sale earned, and how much of it earlier refunds took back. Only refunds count that fit it (`whyNotReverse`) and were worked out. */
export async function readSaleEarnings(db: Database, sale: DueEvent): Promise<SaleEarnings> {
  const earnings = await db.any(sql.type(SaleRow)`
    select sale.incentive_id as "incentiveId", sale.plan_version_id as "planVersionId", sale.amount_minor as minor, sale.currency,
      sale.basis_minor as "basisMinor", sale.window_start as "windowStart", sale.available_on as "availableOn",
      coalesce(-sum(back.amount_minor), 0)::bigint as "reversedMinor",
      coalesce(-sum(back.basis_minor), 0)::bigint as "reversedBasisMinor"
    from earning sale
    left join earning back on back.source = sale.source and back.reverses = sale.source_id and back.incentive_id = sale.incentive_id
    where sale.source = ${sale.source} and sale.source_id = ${sale.id}
    group by sale.source, sale.source_id, sale.incentive_id`);
  const refundedMinor = await db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(coalesce(refund.amount_minor, sale.amount_minor)), 0)::bigint as minor
    from event sale join event refund on refund.source = sale.source and refund.refund_of = sale.source_id
      and refund.partner_id = sale.partner_id and refund.program_id = sale.program_id
      and (refund.amount_minor is null or refund.currency = sale.currency)
    where sale.source = ${sale.source} and sale.source_id = ${sale.id}
      and not exists (select from event_due due where due.source = refund.source and due.source_id = refund.source_id)`);
  return { earnings, refundedMinor };
}

/** The codes of the programs with events whose earnings are not computed yet. */
export const listProgramsWithDueEvents = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ code: z.string() }))`
    select program.code from program
    cross join lateral (
      select from event_due due where due.program_id = program.id and due.waits_for is null order by due.occurred_at limit 1) first`);
