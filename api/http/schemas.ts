import { z } from '@hono/zod-openapi';

import { Code, Currency, Decimal, whyNotAmount } from '../../domain/fields.ts';
import { formatDecimal, type Money } from '../../domain/money.ts';
import { METHODS } from '../../domain/rails.ts';
import { parseCursor } from './cursor.ts';

/** What the routes' schemas share. Amounts are decimal strings, instants are in UTC, and dates are local to a schedule's zone. */

/** One line of printable text, as names and reasons are. The document's pattern says the same without a flag, which it cannot hold. */
export const Line = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .refine((text) => !/\p{Cc}/u.test(text), 'has control characters')
    .openapi({ pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]*$' });

export const Name = Line(200);
export const Reason = Line(500);
export const Email = z.email().max(254);
export const Country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'is not a country code such as DE')
  .openapi({ example: 'DE' });
/** PostgreSQL has no year 0, and nobody pays for what was before this one; as text, so that it stands in front of both. */
const FIRST_YEAR = '1900';
const isLateEnough = (text: string): boolean => text >= FIRST_YEAR;
const tooEarly = `is before the year ${FIRST_YEAR}`;

export const LocalDate = z.iso.date('is not a date such as 2026-03-01').refine(isLateEnough, tooEarly);
export const Instant = z.iso
  .datetime({ offset: true, error: 'is not an instant such as 2026-03-01T09:30:00Z' })
  .refine(isLateEnough, tooEarly);
export const Uuid = z.uuid();
export const Method = z.enum(METHODS);
export const MoneyBody = z
  .strictObject({ currency: Currency, amount: Decimal })
  .superRefine(({ currency, amount }, context) => {
    const message = whyNotAmount(amount, currency);
    if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
  })
  .openapi('Money');
/** What we answer may be below zero. */
export const MoneyAnswer = z.object({ currency: z.string(), amount: z.string() });

export const moneyAnswer = (amount: Money) => ({ currency: amount.currency, amount: formatDecimal(amount) });

export const CodePath = z.object({ code: Code });
export const UuidPath = z.object({ id: Uuid });
/** The number of a row, as it is in a path or a cursor. */
export const RowNumber = z
  .string()
  .regex(/^\d{1,18}$/, 'is not a number')
  .transform(BigInt)
  .openapi({ type: 'string', pattern: '^\\d{1,18}$' });
/** The number of something that is counted from 1 on, as a cursor holds it. */
export const Ordinal = z.int32().min(0);

export const PostalAddress = z.strictObject({
  line1: Line(100),
  line2: Line(100).optional(),
  city: Line(100),
  region: Line(100),
  postalCode: Line(20),
  country: Country,
});

const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

const Limit = z
  .string()
  .regex(/^\d{1,3}$/, `is not 1 to ${LIMIT_MAX}`)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= LIMIT_MAX, `is not 1 to ${LIMIT_MAX}`)
  .default(LIMIT_DEFAULT)
  .openapi({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT });

/** The query of a list whose cursor stands behind `key`, the last item's place in the order. */
export const pageQuery = <Key extends z.ZodType>(key: Key) =>
  z.object({
    limit: Limit,
    cursor: z
      .string()
      .max(1000)
      .transform((text, context): z.output<Key> => {
        const read = key.safeParse(parseCursor(text));
        if (read.success) return read.data;
        context.addIssue({ code: 'custom', message: 'is not a cursor of this list' });
        return z.NEVER;
      })
      .optional()
      .openapi({ type: 'string', description: 'The nextCursor of the page before' }),
  });

/** The query of a list in the order of codes. */
export const CodePageQuery = pageQuery(Code);

/** One page of a list, in an order that never changes. Without a nextCursor it is the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Whether a change changes anything. */
export const namesSomething = (change: object): boolean => Object.keys(change).length > 0;

export const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, ...json(schema) });
export const answers = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  ...json(schema),
});
