import { sql } from 'slonik';
import { z } from 'zod';

import { type Lot, lotKey, NEVER } from '../../domain/earnings/lots.ts';
import type { Movement } from '../../domain/earnings/points.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { LocalDate, Points } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The lots of points, and their movements. The caller holds the partner's points account locked, or nobody else can see the lots yet. */

export const Expiry = z.union([LocalDate, z.literal(NEVER)]);

export type PointsHolder = { readonly partnerId: bigint; readonly unit: PointsCode };

const LotRow = z.strictObject({
  partnerId: z.bigint(),
  unit: z.custom<PointsCode>(),
  earnedOn: LocalDate,
  availableOn: LocalDate,
  expiresOn: Expiry,
  left: z.bigint(),
  expired: z.bigint(),
});
export type LotOfHolder = z.infer<typeof LotRow>;

const lotColumns = sql.fragment`
  lot.partner_id as "partnerId", lot.unit, lot.earned_on as "earnedOn", lot.available_on as "availableOn", lot.expires_on as "expiresOn",
  lot.left_minor as left, lot.expired_minor as expired`;

/** The lots of partners that are not used up, and those of the named days. */
export const readLots = (
  db: Database,
  holders: readonly PointsHolder[],
  days: readonly (PointsHolder & Pick<Lot, 'earnedOn' | 'availableOn'>)[] = [],
): Promise<readonly LotOfHolder[]> =>
  db.any(sql.type(LotRow)`
    select ${lotColumns}
    from ${unnestColumns(
      ['int8', 'text'],
      holders.map(({ partnerId, unit }) => [partnerId, unit]),
    )} as holder(partner_id, unit)
    join points_lot lot on lot.partner_id = holder.partner_id and lot.unit = holder.unit and lot.left_minor > 0
    union
    select ${lotColumns}
    from ${unnestColumns(
      ['int8', 'text', 'date', 'date'],
      days.map(({ partnerId, unit, earnedOn, availableOn }) => [partnerId, unit, earnedOn, availableOn]),
    )} as day(partner_id, unit, earned_on, available_on)
    join points_lot lot on lot.partner_id = day.partner_id and lot.unit = day.unit and lot.earned_on = day.earned_on
      and lot.available_on = day.available_on`);

/** A movement of a partner's points with its cause. An expiry has none. */
export type NewMovement = Movement &
  PointsHolder & {
    readonly movedOn: string;
    readonly batchId?: bigint;
    readonly redemptionId?: string;
    readonly conversionId?: string;
    /** The merge of two partners. */
    readonly correctionId?: string;
  };

const MovementRow = z.strictObject({
  id: z.bigint(),
  partnerId: z.bigint(),
  unit: z.string(),
  kind: z.string(),
  minor: z.bigint(),
});

const movementKey = ({ partnerId, unit, kind, minor }: Omit<z.infer<typeof MovementRow>, 'id'>): string =>
  `${partnerId}|${unit}|${kind}|${minor > 0n}`;

/** Writes movements, one at most for each partner, unit, kind and direction, and changes the lots by them. Returns their ids, in order. */
export async function insertMovements(db: Database, movements: readonly NewMovement[]): Promise<readonly bigint[]> {
  if (movements.length === 0) return [];
  const rows = await db.any(sql.type(MovementRow)`
    insert into points_movement(partner_id, unit, kind, amount_minor, batch_id, redemption_id, conversion_id, correction_id, moved_on)
    select * from ${unnestColumns(
      ['int8', 'text', 'text', 'int8', 'int8', 'uuid', 'uuid', 'uuid', 'date'],
      movements.map((movement) => [
        movement.partnerId,
        movement.unit,
        movement.kind,
        movement.minor,
        movement.batchId ?? null,
        movement.redemptionId ?? null,
        movement.conversionId ?? null,
        movement.correctionId ?? null,
        movement.movedOn,
      ]),
    )}
    returning id, partner_id as "partnerId", unit, kind, amount_minor as minor`);
  const ids = new Map(rows.map((row) => [movementKey(row), row.id]));
  const idOf = (movement: NewMovement): bigint => ids.get(movementKey(movement)) ?? 0n;
  await changeLots(db, movements);
  await insertEntries(db, movements, idOf);
  return movements.map(idOf);
}

const LOT_TYPES = ['int8', 'text', 'date', 'date', 'date'];

async function changeLots(db: Database, movements: readonly NewMovement[]): Promise<void> {
  const changes = new Map<string, PointsHolder & Lot>();
  for (const { partnerId, unit, kind, entries } of movements)
    for (const entry of entries) {
      const key = `${partnerId}|${unit}|${lotKey(entry)}`;
      const known = changes.get(key) ?? { ...entry, partnerId, unit, left: 0n, expired: 0n };
      const isExpiry = kind === 'expired' || kind === 'expiry_undone';
      changes.set(key, {
        ...known,
        left: known.left + entry.minor,
        expired: known.expired - (isExpiry ? entry.minor : 0n),
      });
    }
  const lots = [...changes.values()];
  const names = lots.map(({ partnerId, unit, earnedOn, availableOn, expiresOn }) => [
    partnerId,
    unit,
    earnedOn,
    availableOn,
    expiresOn,
  ]);
  await db.query(sql.unsafe`
    insert into points_lot(partner_id, unit, earned_on, available_on, expires_on)
    select * from ${unnestColumns(LOT_TYPES, names)} on conflict do nothing`);
  await db.query(sql.unsafe`
    update points_lot lot set left_minor = lot.left_minor + given.left, expired_minor = lot.expired_minor + given.expired
    from ${unnestColumns(
      [...LOT_TYPES, 'int8', 'int8'],
      lots.map(({ left, expired }, index) => [...(names[index] ?? []), left, expired]),
    )} as given(partner_id, unit, earned_on, available_on, expires_on, "left", expired)
    where lot.partner_id = given.partner_id and lot.unit = given.unit and lot.earned_on = given.earned_on
      and lot.available_on = given.available_on and lot.expires_on = given.expires_on`);
}

const insertEntries = (db: Database, movements: readonly NewMovement[], idOf: (movement: NewMovement) => bigint) =>
  db.query(sql.unsafe`
    insert into points_lot_entry(movement_id, lot_id, amount_minor)
    select given.movement_id, lot.id, given.amount_minor
    from ${unnestColumns(
      ['int8', ...LOT_TYPES, 'int8'],
      movements.flatMap((movement) =>
        movement.entries.map(({ earnedOn, availableOn, expiresOn, minor }) => [
          idOf(movement),
          movement.partnerId,
          movement.unit,
          earnedOn,
          availableOn,
          expiresOn,
          minor,
        ]),
      ),
    )} as given(movement_id, partner_id, unit, earned_on, available_on, expires_on, amount_minor)
    join points_lot lot on lot.partner_id = given.partner_id and lot.unit = given.unit and lot.earned_on = given.earned_on
      and lot.available_on = given.available_on and lot.expires_on = given.expires_on`);

const EntryRow = z.strictObject({ earnedOn: LocalDate, availableOn: LocalDate, expiresOn: Expiry, minor: z.bigint() });

/** The lots that a redemption used, with what it took from each: below zero. */
export const listRedeemedEntries = (db: Database, redemptionId: string): Promise<readonly z.infer<typeof EntryRow>[]> =>
  db.any(sql.type(EntryRow)`
    select lot.earned_on as "earnedOn", lot.available_on as "availableOn", lot.expires_on as "expiresOn", entry.amount_minor as minor
    from points_movement movement join points_lot_entry entry on entry.movement_id = movement.id
    join points_lot lot on lot.id = entry.lot_id
    where movement.redemption_id = ${redemptionId} and movement.kind = 'redeemed'
    order by lot.earned_on, lot.expires_on, lot.id`);

const ToldRow = z.strictObject({ partnerId: z.bigint(), unit: Points, minor: z.bigint(), expiresOn: LocalDate });

/** Marks the lots that expire soon as told, so that their partners are told once. Returns those that were not told before. */
export const markTold = (
  db: Database,
  holders: readonly (PointsHolder & { readonly today: string; readonly until: string })[],
): Promise<readonly z.infer<typeof ToldRow>[]> =>
  db.any(sql.type(ToldRow)`
    update points_lot lot set told_on = holder.today
    from ${unnestColumns(
      ['int8', 'text', 'date', 'date'],
      holders.map(({ partnerId, unit, today, until }) => [partnerId, unit, today, until]),
    )} as holder(partner_id, unit, today, until)
    where lot.partner_id = holder.partner_id and lot.unit = holder.unit and lot.left_minor > 0 and lot.told_on is null
      and lot.expires_on <= holder.until
    returning lot.partner_id as "partnerId", lot.unit, lot.left_minor as minor, lot.expires_on as "expiresOn"`);
