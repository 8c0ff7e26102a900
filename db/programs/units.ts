import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { Failure } from '../../domain/errors.ts';
import { CONVERSIONS } from '../../domain/programs/points.ts';
import type { PointsCode } from '../../domain/unit.ts';
import { Currency, Instant, LocalDate, Points } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

/** The units of programs that are not money, and what they are worth in money. */

const UnitRow = z.strictObject({
  code: Points,
  programId: z.number(),
  program: z.string(),
  name: z.string(),
  zone: z.string(),
  expiryMonths: z.number().nullable(),
  conversion: z.enum(CONVERSIONS),
  leastConversionMinor: z.bigint(),
  cancelDays: z.number(),
  createdAt: Instant,
  retiredAt: Instant.nullable(),
});
export type Unit = z.infer<typeof UnitRow>;

const selectUnits = sql.fragment`
  select unit.code, unit.program_id as "programId", program.code as program, unit.name, schedule.zone,
    unit.expiry_months as "expiryMonths", unit.conversion, unit.least_conversion_minor as "leastConversionMinor",
    unit.cancel_days as "cancelDays", unit.created_at as "createdAt", unit.retired_at as "retiredAt"
  from unit join program on program.id = unit.program_id join pay_schedule schedule on schedule.id = program.schedule_id`;

export type NewUnit = Pick<
  Unit,
  'code' | 'name' | 'expiryMonths' | 'conversion' | 'leastConversionMinor' | 'cancelDays'
>;

/** Adds a unit of a program. Returns whether its code was free. */
export const insertUnit = (
  db: Database,
  programId: number,
  { code, name, expiryMonths, conversion, leastConversionMinor, cancelDays, exponent }: NewUnit & { exponent: number },
  by: string,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into unit(code, exponent, program_id, name, expiry_months, conversion, least_conversion_minor, cancel_days, created_by)
    values (${code}, ${exponent}, ${programId}, ${name}, ${expiryMonths}, ${conversion}, ${leastConversionMinor}, ${cancelDays}, ${by})
    on conflict (code) do nothing`,
  );

/** The units of a program in the order of their codes, after a cursor. */
export const listUnits = (
  db: Database,
  programId: number,
  after: string | null,
  limit: number,
): Promise<readonly Unit[]> =>
  db.any(sql.type(UnitRow)`
    ${selectUnits}
    where unit.program_id = ${programId} and (${after}::text is null or unit.code > ${after}) order by unit.code limit ${limit}`);

/** The units of these codes. */
export const readUnits = (db: Database, codes: readonly PointsCode[]): Promise<readonly Unit[]> =>
  db.any(sql.type(UnitRow)`${selectUnits} where unit.code = any(${sql.array([...codes], 'text')})`);

/** Throws Failure `not_found`. */
export async function getUnit(db: Database, code: PointsCode): Promise<Unit> {
  const unit = await db.maybeOne(sql.type(UnitRow)`${selectUnits} where unit.code = ${code}`);
  if (unit) return unit;
  throw new Failure('not_found', `There is no unit ${code}. List the units of the program.`);
}

/** Retires a unit. Returns whether it was in use before. */
export const retireUnit = (db: Database, code: PointsCode, by: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update unit set retired_by = ${by}, retired_at = now() where code = ${code} and retired_at is null`,
  );

const RateRow = z.strictObject({
  id: z.bigint(),
  currency: Currency,
  from: LocalDate,
  rate: z.string(),
  recordedAt: Instant,
});
export type UnitRate = z.infer<typeof RateRow>;

const rateColumns = sql.fragment`id, currency, starts_on as "from", rate, recorded_at as "recordedAt"`;

export const insertUnitRate = (
  db: Database,
  unit: PointsCode,
  { currency, from, rate }: Pick<UnitRate, 'currency' | 'from' | 'rate'>,
  by: string,
): Promise<UnitRate> =>
  db.one(sql.type(RateRow)`
    insert into unit_rate(unit, currency, starts_on, rate, recorded_by) values (${unit}, ${currency}, ${from}, ${rate}, ${by})
    returning ${rateColumns}`);

/** The rates of a unit, the newest record first. */
export const listUnitRates = (
  db: Database,
  unit: PointsCode,
  before: bigint | null,
  limit: number,
): Promise<readonly UnitRate[]> =>
  db.any(sql.type(RateRow)`
    select ${rateColumns} from unit_rate where unit = ${unit} and (${before}::int8 is null or id < ${before})
    order by id desc limit ${limit}`);

/** The rate of a unit on a day: the last one recorded for the latest day that has come. Null where there is none. */
export const readRate = (
  db: Database,
  unit: PointsCode,
  currency: CurrencyCode,
  on: string,
): Promise<UnitRate | null> =>
  db.maybeOne(sql.type(RateRow)`
    select ${rateColumns} from unit_rate where unit = ${unit} and currency = ${currency} and starts_on <= ${on}
    order by starts_on desc, id desc limit 1`);
