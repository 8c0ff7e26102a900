import { sql } from 'slonik';
import { z } from 'zod';

import type { AsOf } from '../../domain/as-of.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { CONVERSION_STATUSES, type ConversionStatus } from '../../domain/earnings/points-conversion.ts';
import { Failure } from '../../domain/errors.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { isKnown, joinPayout } from '../as-of.ts';
import { Currency, Id, Instant, Points } from '../column-types.ts';
import type { Database } from '../database.ts';
import { familyOf } from '../partners/partners.ts';

/** Points that become money. */

const ConversionRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  partnerId: z.bigint(),
  unit: Points,
  askedMinor: z.bigint(),
  pointsMinor: z.bigint(),
  rate: z.string(),
  currency: Currency,
  minor: z.bigint(),
  reason: z.string().nullable(),
  proposedBy: z.string(),
  proposedById: z.string(),
  proposedAt: Instant,
  status: z.enum(CONVERSION_STATUSES),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
});
export type Conversion = z.infer<typeof ConversionRow>;

const selectConversions = sql.fragment`
  select conversion.id, partner.code as partner, conversion.partner_id as "partnerId", conversion.unit,
    conversion.asked_minor as "askedMinor", conversion.points_minor as "pointsMinor", rate.rate, conversion.currency,
    conversion.amount_minor as minor, conversion.reason, proposer.code as "proposedBy", conversion.proposed_by as "proposedById",
    conversion.proposed_at as "proposedAt", conversion.status, decider.code as "decidedBy", conversion.decided_at as "decidedAt",
    conversion.note
  from conversion join partner on partner.id = conversion.partner_id join unit_rate rate on rate.id = conversion.rate_id
  join actor proposer on proposer.id = conversion.proposed_by left join actor decider on decider.id = conversion.decided_by`;

export type NewConversion = {
  partnerId: bigint;
  unit: PointsCode;
  askedMinor: bigint;
  pointsMinor: bigint;
  rateId: bigint;
  currency: CurrencyCode;
  minor: bigint;
  reason: string | null;
  by: string;
  signatureId?: string | undefined;
  /** Confirmed at once where the unit lets its partners convert alone. */
  status: 'proposed' | 'confirmed';
};

/** Writes a conversion. Returns its id. */
export async function insertConversion(db: Database, wish: NewConversion): Promise<string> {
  const { partnerId, unit, askedMinor, pointsMinor, rateId, currency, minor, reason, by, status, signatureId } = wish;
  const { id } = await db.one(sql.type(Id)`
    insert into conversion(partner_id, unit, asked_minor, points_minor, rate_id, currency, amount_minor, reason, proposed_by, status,
      proposal_signature_id, decided_at)
    values (${partnerId}, ${unit}, ${askedMinor}, ${pointsMinor}, ${rateId}, ${currency}, ${minor}, ${reason}, ${by}, ${status},
      ${signatureId ?? null}, case when ${status} = 'confirmed' then now() end) returning id`);
  return id;
}

/** Throws Failure `not_found`. */
export async function getConversion(db: Database, id: string): Promise<Conversion> {
  const conversion = await db.maybeOne(sql.type(ConversionRow)`${selectConversions} where conversion.id = ${id}`);
  if (conversion) return conversion;
  throw new Failure('not_found', `There is no conversion ${id}.`);
}

/** Locks a conversion until the transaction ends. Throws Failure `not_found`. */
export async function lockConversion(db: Database, id: string): Promise<Conversion> {
  await db.query(sql.unsafe`select from conversion where id = ${id} for update`);
  return getConversion(db, id);
}

/** The conversions of a partner and of those for whom this one goes on, or of all, the newest first. */
export const listConversions = (
  db: Database,
  { partnerId, status }: { partnerId?: bigint | undefined; status?: ConversionStatus | undefined },
  before: string | null,
  limit: number,
): Promise<readonly Conversion[]> =>
  db.any(sql.type(ConversionRow)`
    ${selectConversions}
    where ${partnerId === undefined ? sql.fragment`true` : sql.fragment`conversion.partner_id = any(${familyOf(partnerId)})`}
      and ${status === undefined ? sql.fragment`true` : sql.fragment`conversion.status = ${status}`}
      and ${before === null ? sql.fragment`true` : sql.fragment`conversion.id < ${before}`}
    order by conversion.id desc limit ${limit}`);

export type ConversionVerdict = {
  status: 'confirmed' | 'refused';
  by: string;
  note: string | null;
  signatureId: string | null;
};

export const recordConversionVerdict = (
  db: Database,
  id: string,
  { status, by, note, signatureId }: ConversionVerdict,
) =>
  db.query(sql.unsafe`
    update conversion set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

const DeciderRow = z.strictObject({
  isPayee: z.boolean(),
  isProposerPayee: z.boolean(),
  hasRoleFromProposer: z.boolean(),
});

/** How a person who wants to decide stands to a conversion. */
export const readConversionDecider = (db: Database, id: string, actorId: string): Promise<z.infer<typeof DeciderRow>> =>
  db.one(sql.type(DeciderRow)`
    select gave_role(conversion.proposed_by, ${actorId}, 'approver') as "hasRoleFromProposer",
      conversion.partner_id in (select partner_id from partners_of(${actorId})) as "isPayee",
      conversion.partner_id in (select partner_id from partners_of(conversion.proposed_by)) as "isProposerPayee"
    from conversion where conversion.id = ${id}`);

/** How the money of a conversion was worked out, in a query that names the tables `conversion`, `rate` and `unit`. */
export const conversionFacts = sql.fragment`
  jsonb_build_object('conversion', conversion.id, 'unit', conversion.unit, 'rate', rate.rate, 'rounding', 'half-even',
    'points', round(conversion.points_minor / power(10::numeric, unit.exponent), unit.exponent)::text)`;

/** The converted points of a partner in the form of `listPartnerEarnings`. The caller adds further conditions. */
export const selectConvertedLines = (partnerId: bigint, asOf: AsOf | null) => sql.fragment`
  select 'conversion', conversion.id::text, 'conversion/' || conversion.id, 0, line.kind, conversion.decided_at, program.code, null, null,
    line.kind, line.currency, line.amount_minor, line.available_on, payout.id, payout.status, null, ${conversionFacts}
  from earning_line line join conversion on conversion.id = line.conversion_id
  join unit_rate rate on rate.id = conversion.rate_id join unit on unit.code = conversion.unit
  join program on program.id = line.program_id join pay_schedule schedule on schedule.id = program.schedule_id
  ${joinPayout(sql.fragment`line.id`, asOf)}
  where line.partner_id = ${partnerId} and line.kind = 'converted' and line.split_from is null and ${isKnown(asOf, sql.fragment`line.booked_at`)}`;
