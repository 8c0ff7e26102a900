import { LosslessNumber, parse, stringify } from 'lossless-json';
import { z } from 'zod';

import { isCurrency, type CurrencyCode } from '../domain/currency.ts';
import { type Money, parseDecimal } from '../domain/money.ts';

/** Reads JSON with every number as the text it was written in, so that no amount is ever a float. */
export const readJson = (text: string): unknown => parse(text, undefined, (digits) => digits);

/** Writes JSON; what `exactNumber` made is written digit for digit. */
export const writeJson = (value: unknown): string => stringify(value) ?? 'null';

/** A number to be written digit for digit, as `1.10` or a long id. */
export const exactNumber = (digits: string): LosslessNumber => new LosslessNumber(digits);

/** An id that a provider writes as a number or as a string. */
export const Id = z.string().min(1);

/** A decimal amount that a provider writes as a number or as a string. */
export const Decimal = z.string().regex(/^-?\d+(\.\d+)?$/);

export const Currency = z.custom<CurrencyCode>(isCurrency, 'is not a currency of ISO 4217');

/** Reads `{ value, currency }`, digits checked against the currency. */
export const MoneyBody = z
  .object({ value: Decimal, currency: Currency })
  .transform(({ value, currency }): Money => parseDecimal(value, currency));

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a frozen request. */
export const freezeJson = (value: unknown): Uint8Array => encoder.encode(writeJson(value));

/** Opens a frozen request. Only our own bytes come here, so a mismatch is a bug and throws as one. */
export const thawJson = <T>(schema: z.ZodType<T>, bytes: Uint8Array): T =>
  schema.parse(readJson(decoder.decode(bytes)));
