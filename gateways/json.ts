import { LosslessNumber, parse, stringify } from 'lossless-json';
import { z } from 'zod';

import { type CurrencyCode, isCurrency } from '../domain/currency.ts';
import { Failure } from '../domain/errors.ts';
import { type Money, parseDecimal } from '../domain/money.ts';

/** Reads JSON and keeps every number as text, exactly as it was written, so that no amount ever becomes a float. */
export const readJson = (text: string): unknown => parse(text, undefined, (digits) => digits);

/** Writes JSON. A number made by `exactNumber` is written digit for digit. */
export const writeJson = (value: unknown): string => stringify(value) ?? 'null';

/** A number to write digit for digit, such as `1.10` or a long id. */
export const exactNumber = (digits: string): LosslessNumber => new LosslessNumber(digits);

/** An id that a provider writes as a number or as a string. */
export const Id = z.string().min(1);

/** A number of JSON, or of a report that leaves out the zero before the point or writes a plus sign. */
const NUMBER = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/;

/** Writes a number without exponent, digit for digit: `1.5E7` is `15000000`, and `-.50` is `-0.50`. Null if it is not a number. */
export function plainDecimal(text: string): string | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  const digits = `${'0'.repeat(Math.max(-shift, 0))}${whole}${fraction}${'0'.repeat(Math.max(shift, 0))}`;
  const point = whole.length + Math.max(-shift, 0) + shift;
  const rest = digits.slice(point).replace(shift > 0 ? /0+$/ : /^$/, '');
  const before = digits.slice(0, point).replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${before}${rest === '' ? '' : `.${rest}`}`;
}

/** A decimal amount that a provider writes as a number or as a string, in any form of JSON. It is read exactly, as a plain decimal. */
export const Decimal = z.string().transform((text, context) => {
  const plain = plainDecimal(text);
  if (plain !== null) return plain;
  context.addIssue('is not a number');
  return z.NEVER;
});

export const Currency = z.custom<CurrencyCode>(isCurrency, 'is not a currency of ISO 4217');

/** An amount that a provider writes. Null if it is not a number, or if its digits do not fit the currency. */
export function readMoney(text: string, currency: CurrencyCode): Money | null {
  try {
    return parseDecimal(plainDecimal(text) ?? text, currency);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Turns the value and the currency that a provider writes into money. The digits must fit the currency. */
export function toMoney(
  { value, currency }: { value: string; currency: CurrencyCode },
  context: z.RefinementCtx,
): Money {
  const read = readMoney(value, currency);
  if (read) return read;
  context.addIssue('is not an amount in its currency');
  return z.NEVER;
}

/** Reads `{ value, currency }`. */
export const MoneyBody = z.object({ value: z.string(), currency: Currency }).transform(toMoney);

/** The rows of a list that can be read, and the names of those that cannot. One bad row hides no other. */
export type Rows<T> = { readable: readonly T[]; unreadable: readonly string[] };

/** Reads each row of a list on its own. A row that cannot be read is named by its id, or by its place if it has none. */
export const rowsOf = <T>(schema: z.ZodType<T>, idField: string) =>
  z.array(z.unknown()).transform((rows): Rows<T> => {
    const name = z.object({ [idField]: Id });
    const read = rows.map((row) => schema.safeParse(row));
    return {
      readable: read.flatMap(({ success, data }) => (success ? [data] : [])),
      unreadable: read.flatMap(({ success }, place) =>
        success ? [] : [name.safeParse(rows[place]).data?.[idField] ?? `row ${place + 1}`],
      ),
    };
  });

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a frozen request. */
export const freezeJson = (value: unknown): Uint8Array => encoder.encode(writeJson(value));

/** Reads a frozen request. Only bytes that we wrote ourselves come here, so a mismatch is a bug and throws as one. */
export const thawJson = <T>(schema: z.ZodType<T>, bytes: Uint8Array): T =>
  schema.parse(readJson(decoder.decode(bytes)));
