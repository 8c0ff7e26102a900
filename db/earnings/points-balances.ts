import { sql } from 'slonik';
import { z } from 'zod';

import { MOVEMENT_KINDS } from '../../domain/earnings/points.ts';
import { Instant, LocalDate, Points } from '../column-types.ts';
import type { Database } from '../database.ts';
import { Expiry } from './lots.ts';

/** The points of partners as they and finance read them. */

const BalanceRow = z.strictObject({
  unit: Points,
  name: z.string(),
  program: z.string(),
  /** The balance of the ledger: below zero where points are owed after refunds. */
  minor: z.bigint(),
  availableMinor: z.bigint(),
  heldMinor: z.bigint(),
  /** The day on which points expire next, and how many. Null where none ever do. */
  expiresOn: LocalDate.nullable(),
  expiringMinor: z.bigint(),
});
export type PointsBalance = z.infer<typeof BalanceRow>;

/** The points of a partner by unit, in the order of the codes, on the local day of each program. */
export const listPointsBalances = (db: Database, partnerId: bigint): Promise<readonly PointsBalance[]> =>
  db.any(sql.type(BalanceRow)`
    select unit.code as unit, unit.name, program.code as program, account.credits - account.debits as minor,
      coalesce(sum(lot.left_minor) filter (where lot.available_on <= today.today and lot.expires_on > today.today), 0)::bigint as "availableMinor",
      coalesce(sum(lot.left_minor) filter (where lot.available_on > today.today), 0)::bigint as "heldMinor",
      soonest.expires_on as "expiresOn",
      coalesce(sum(lot.left_minor) filter (where lot.expires_on = soonest.expires_on), 0)::bigint as "expiringMinor"
    from unit join ledger_account account on account.code = 'points:partner:' || ${String(partnerId)} || ':' || unit.code
    join program on program.id = unit.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (select (now() at time zone schedule.zone)::date as today) today
    left join points_lot lot on lot.partner_id = account.partner_id and lot.unit = unit.code and lot.left_minor > 0
    left join lateral (
      select min(expires_on) as expires_on from points_lot
      where partner_id = account.partner_id and unit = unit.code and left_minor > 0 and isfinite(expires_on)
        and expires_on > today.today
    ) soonest on true
    group by unit.code, program.code, account.id, soonest.expires_on order by unit.code`);

const MovementRow = z.strictObject({
  id: z.bigint(),
  unit: Points,
  kind: z.enum(MOVEMENT_KINDS),
  minor: z.bigint(),
  on: LocalDate,
  redemptionId: z.string().nullable(),
  conversionId: z.string().nullable(),
  recordedAt: Instant,
});
export type PointsMovement = z.infer<typeof MovementRow>;

/** The movements of a partner's points, the newest first. */
export const listPointsMovements = (
  db: Database,
  partnerId: bigint,
  before: bigint | null,
  limit: number,
): Promise<readonly PointsMovement[]> =>
  db.any(sql.type(MovementRow)`
    select id, unit, kind, amount_minor as minor, moved_on as "on", redemption_id as "redemptionId", conversion_id as "conversionId",
      recorded_at as "recordedAt"
    from points_movement where partner_id = ${partnerId} and (${before}::int8 is null or id < ${before})
    order by id desc limit ${limit}`);

const HolderRow = z.strictObject({ partnerId: z.bigint(), unit: Points, today: LocalDate });
export type ExpiringHolder = z.infer<typeof HolderRow>;

/** Some partners of whose points the day of expiry has come, by the local day of the program at an instant. */
export const listExpiring = (db: Database, at: Date, limit: number): Promise<readonly ExpiringHolder[]> =>
  db.any(sql.type(HolderRow)`
    select due.partner_id as "partnerId", unit.code as unit, today.today
    from unit join program on program.id = unit.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (select (${sql.timestamp(at)} at time zone schedule.zone)::date as today) today
    cross join lateral (
      select distinct partner_id from points_lot
      where points_lot.unit = unit.code and left_minor > 0 and expires_on <= today.today limit ${limit}
    ) due
    where unit.expiry_months is not null limit ${limit}`);

/** Some partners with points that expire within the days of the notice and of which they were not told. */
export const listUntold = (
  db: Database,
  at: Date,
  noticeDays: number,
  limit: number,
): Promise<readonly ExpiringHolder[]> =>
  db.any(sql.type(HolderRow)`
    select due.partner_id as "partnerId", unit.code as unit, today.today
    from unit join program on program.id = unit.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    cross join lateral (select (${sql.timestamp(at)} at time zone schedule.zone)::date as today) today
    cross join lateral (
      select distinct partner_id from points_lot
      where points_lot.unit = unit.code and left_minor > 0 and told_on is null and expires_on <= today.today + ${noticeDays}::int limit ${limit}
    ) due
    where unit.expiry_months is not null limit ${limit}`);

const LiabilityRow = z.strictObject({
  program: z.string(),
  unit: Points,
  /** The first day of the month in which they expire, or infinity. */
  month: Expiry,
  minor: z.bigint(),
});
export type Liability = z.infer<typeof LiabilityRow>;
export type LiabilityKey = { unit: string; month: string };

/** The points that partners have, by unit and the month in which they expire, after a cursor. */
export const listLiabilities = (
  db: Database,
  after: LiabilityKey | null,
  limit: number,
): Promise<readonly Liability[]> =>
  db.any(sql.type(LiabilityRow)`
    select program.code as program, unit.code as unit, open.month, open.minor
    from unit join program on program.id = unit.program_id
    cross join lateral (
      select case when isfinite(expires_on) then date_trunc('month', expires_on)::date else expires_on end as month,
        sum(left_minor)::bigint as minor
      from points_lot lot where lot.unit = unit.code and lot.left_minor > 0 group by 1
    ) open
    where ${after === null ? sql.fragment`true` : sql.fragment`(unit.code, open.month) > (${after.unit}, ${after.month}::date)`}
    order by unit.code, open.month limit ${limit}`);
