import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { Id, Instant, Points } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { familyOf } from '../partners/partners.ts';

/** Points that partners used for something. */

const RedemptionRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  partnerId: z.bigint(),
  unit: Points,
  minor: z.bigint(),
  purpose: z.string(),
  reference: z.string().nullable(),
  redeemedBy: z.string(),
  redeemedAt: Instant,
  /** Until when it may be cancelled. */
  cancelUntil: Instant,
  cancelledBy: z.string().nullable(),
  cancelledAt: Instant.nullable(),
  cancelReason: z.string().nullable(),
  /** The points that came back but had expired meanwhile. Null where it was not cancelled. */
  expiredMinor: z.bigint().nullable(),
});
export type Redemption = z.infer<typeof RedemptionRow>;

const selectRedemptions = sql.fragment`
  select redemption.id, partner.code as partner, redemption.partner_id as "partnerId", redemption.unit,
    redemption.amount_minor as minor, redemption.purpose, redemption.reference, redeemer.code as "redeemedBy",
    redemption.redeemed_at as "redeemedAt", redemption.redeemed_at + unit.cancel_days * interval '1 day' as "cancelUntil",
    canceller.code as "cancelledBy", redemption.cancelled_at as "cancelledAt", redemption.cancel_reason as "cancelReason",
    redemption.expired_minor as "expiredMinor"
  from redemption join partner on partner.id = redemption.partner_id join unit on unit.code = redemption.unit
  join actor redeemer on redeemer.id = redemption.redeemed_by left join actor canceller on canceller.id = redemption.cancelled_by`;

export type NewRedemption = {
  partnerId: bigint;
  unit: PointsCode;
  minor: bigint;
  purpose: string;
  reference: string | null;
  by: string;
};

/** Writes a redemption. Returns its id. */
export async function insertRedemption(
  db: Database,
  { partnerId, unit, minor, purpose, reference, by }: NewRedemption,
): Promise<string> {
  const { id } = await db.one(sql.type(Id)`
    insert into redemption(partner_id, unit, amount_minor, purpose, reference, redeemed_by)
    values (${partnerId}, ${unit}, ${minor}, ${purpose}, ${reference}, ${by}) returning id`);
  return id;
}

/** Throws Failure `not_found`. */
export async function getRedemption(db: Database, id: string): Promise<Redemption> {
  const redemption = await db.maybeOne(sql.type(RedemptionRow)`${selectRedemptions} where redemption.id = ${id}`);
  if (redemption) return redemption;
  throw new Failure('not_found', `There is no redemption ${id}.`);
}

/** The redemptions of a partner and of those for whom this one goes on, the newest first. */
export const listRedemptions = (
  db: Database,
  partnerId: bigint,
  before: string | null,
  limit: number,
): Promise<readonly Redemption[]> =>
  db.any(sql.type(RedemptionRow)`
    ${selectRedemptions}
    where redemption.partner_id = any(${familyOf(partnerId)}) and (${before}::uuid is null or redemption.id < ${before})
    order by redemption.id desc limit ${limit}`);

/** Marks a redemption as cancelled. Returns whether it was not before. */
export const recordCancellation = (
  db: Database,
  id: string,
  { by, reason, expiredMinor }: { by: string; reason: string; expiredMinor: bigint },
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update redemption set cancelled_by = ${by}, cancelled_at = now(), cancel_reason = ${reason}, expired_minor = ${expiredMinor}
    where id = ${id} and cancelled_at is null`,
  );
