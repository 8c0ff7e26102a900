import { LosslessNumber, parse, stringify } from 'lossless-json';
import { z } from 'zod';

import { type CurrencyCode, isCurrency } from '../domain/currency.ts';
import { type Money, parseDecimal } from '../domain/money.ts';

/** Reads JSON and keeps every number as text, exactly as it was written, so that no amount ever becomes a float. */
export const readJson = (text: string): unknown => parse(text, undefined, (digits) => digits);

/** Writes JSON. A number made by `exactNumber` is written digit for digit. */
export const writeJson = (value: unknown): string => stringify(value) ?? 'null';

/** A number to write digit for digit, such as `1.10` or a long id. */
export const exactNumber = (digits: string): LosslessNumber => new LosslessNumber(digits);

/** An id that a provider writes as a number or as a string. */
export const Id = z.string().min(1);

/** A decimal amount that a provider writes as a number or as a string. */
export const Decimal = z.string().regex(/^-?\d+(\.\d+)?$/);

export const Currency = z.custom<CurrencyCode>(isCurrency, 'is not a currency of ISO 4217');

/** Reads `{ value, currency }`. The digits must fit the currency. */
export const MoneyBody = z
  .object({ value: Decimal, currency: Currency })
  .transform(({ value, currency }): Money => parseDecimal(value, currency));

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a frozen request. */
export const freezeJson = (value: unknown): Uint8Array => encoder.encode(writeJson(value));

/** Reads a frozen request. Only bytes that we wrote ourselves come here, so a mismatch is a bug and throws as one. */
export const thawJson = <T>(schema: z.ZodType<T>, bytes: Uint8Array): T =>
  schema.parse(readJson(decoder.decode(bytes)));
