import { z } from '@hono/zod-openapi';

import {
  Code,
  Currency,
  Decimal,
  hasRealOffset,
  isLateEnough,
  Line,
  LocalDay,
  PostalAddress as Address,
  tooEarly,
  unrealOffset,
  whyNotAmount,
} from '../../domain/fields.ts';
import { formatDecimal, type Money } from '../../domain/money.ts';
import { METHODS } from '../../domain/rails.ts';
import { parseCursor } from './cursor.ts';
import * as fields from './fields.ts';

/** Schemas that the routes' requests share, and helpers that declare answers. */

export const Name = Line(200).meta({ description: 'The name, as people write it', examples: ['Acme Inc'] });
export const Reason = Line(500).meta({
  description: 'The reason, in one line, for the people who read it later',
  examples: ['The contract is not signed yet'],
});
export const Email = z
  .email()
  .max(254)
  .meta({ description: 'An e-mail address', examples: ['paula@example.com'] });
export const LocalDate = LocalDay.meta({
  description: 'A local date in the zone of the schedule',
  examples: ['2026-03-01'],
});
/** Digits below a nanosecond are a mistake. PostgreSQL refuses them beyond a bound of its own. */
const INSTANT_CHARS_MAX = '2026-03-01T09:30:00.123456789+00:00'.length;
/** An offset may lead out of the years that have four digits. */
const hasWrittenYear = (text: string): boolean => new Date(text).getUTCFullYear() < 10_000;

export const Instant = z.iso
  .datetime({ offset: true, error: 'is not an instant such as 2026-03-01T09:30:00Z' })
  .refine((text) => text.length <= INSTANT_CHARS_MAX, 'has more than nine digits of a second')
  .refine(hasRealOffset, unrealOffset)
  .refine(hasWrittenYear, 'is after the year 9999')
  .refine(isLateEnough, tooEarly)
  .meta({ description: 'An RFC 3339 instant with its offset', examples: ['2026-03-01T09:30:00Z'] });
export const Uuid = z
  .uuid()
  .meta({ description: 'An id that Bursar gave', examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'] });
export const Method = z.enum(METHODS).meta({
  description: 'How a partner is paid: by bank transfer, PayPal or check',
  examples: ['bank'],
});
export const AmountBody = z
  .strictObject({ currency: Currency, amount: Decimal })
  .superRefine(({ currency, amount }, context) => {
    const message = whyNotAmount(amount, currency);
    if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
  })
  .openapi('Money');
/** Amounts in answers may be below zero. */
export const MoneyBody = z.object({ currency: Currency, amount: fields.amount('The amount') });

export const moneyBody = (amount: Money) => ({ currency: amount.currency, amount: formatDecimal(amount) });

export const CodePath = z.object({ code: Code });
export const UuidPath = z.object({ id: Uuid });
/** The number of a row, as a path or a cursor holds it. */
export const RowNumber = z
  .string()
  .regex(/^\d{1,18}$/, 'is not a number')
  .transform(BigInt)
  .openapi({
    type: 'string',
    pattern: '^\\d{1,18}$',
    description: 'The number of a row, as digits',
    examples: ['1042'],
  });
/** A number that counts from 1, as a cursor holds it. */
export const Ordinal = z.int32().min(0);

/** A copy of the domain's schema, made where a schema can be named for the document. */
export const PostalAddress = z
  .strictObject(Address.shape)
  .openapi('PostalAddress', { description: 'A postal address' });

const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

const Limit = z
  .string()
  .regex(/^\d{1,3}$/, `is not 1 to ${LIMIT_MAX}`)
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= LIMIT_MAX, `is not 1 to ${LIMIT_MAX}`)
  .default(LIMIT_DEFAULT)
  .openapi({
    type: 'integer',
    minimum: 1,
    maximum: LIMIT_MAX,
    default: LIMIT_DEFAULT,
    description: 'The largest number of items on a page',
    examples: [LIMIT_DEFAULT],
  });

/** The query of a list whose cursor holds `key`, the last item's place in the order. */
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
      .openapi({
        type: 'string',
        description: 'The `nextCursor` of the previous page; without it, the first page is read',
        examples: ['eyJpZCI6IjEwNDIifQ'],
      }),
  });

/** The query of a list in the order of codes. */
export const CodePageQuery = pageQuery(Code);

/** One page of a list, in an order that never changes. The last page has no nextCursor. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).meta({ description: 'The items of this page' }),
    nextCursor: fields
      .text('The value to send as `cursor` for the next page; null on the last page', 'eyJpZCI6IjEwNDIifQ')
      .nullable(),
  });

/** Whether a request names at least one field to change. */
export const namesSomething = (change: object): boolean => Object.keys(change).length > 0;

export const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, ...json(schema) });
export const answers = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  ...json(schema),
});

/** The limits of a role, as it has them. */
export const LIMIT_FIELDS = {
  programs: z.array(Code).meta({
    description:
      'The codes of the programs that the role is limited to; without programs and payers it reaches everything',
    examples: [['resale']],
  }),
  payers: z.array(Code).meta({
    description:
      'The codes of the payers that the role is limited to, with their schedules, programs, runs and payouts',
    examples: [[]],
  }),
};
