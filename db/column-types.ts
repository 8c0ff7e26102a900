import { z } from 'zod';

import { type CurrencyCode, isCurrency } from '../domain/currency.ts';
import { isPoints, isUnit, type PointsCode, type UnitCode } from '../domain/unit.ts';

/** Column types that rows share. slonik returns `int8` as bigint, `timestamptz` as milliseconds and `date` as `2026-11-23`. */
export const Currency = z.custom<CurrencyCode>((value) => typeof value === 'string' && isCurrency(value), 'a currency');
export const Points = z.custom<PointsCode>(isPoints, 'a unit of points');
export const Unit = z.custom<UnitCode>(isUnit, 'a unit');
export const Instant = z.number().transform((ms) => new Date(ms));
export const LocalDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes');
/** Bytes as hex, such as a hash. */
export const Hex = Bytes.transform((bytes) => Buffer.from(bytes).toString('hex'));
/** The result of `count(*)`. */
export const Count = z.bigint().transform(Number);
export const Id = z.object({ id: z.string() });
/** A whole number that is written as text, because it may be too large for the driver's or JSON's numbers. */
export const MinorText = z.string().transform(BigInt);
/** Amounts by name, whose minor units are written as text. */
export const Amounts = z.record(z.string(), MinorText);
/** A reading of a metric, whose value in millionths is written as text. */
export const ReadingColumn = z
  .strictObject({ metric: z.string(), value: MinorText, on: LocalDate.nullable() })
  .nullable();
