import { z } from 'zod';

import { canonicalZone } from './calendar.ts';
import { CURRENCY_CODES } from './currency.ts';
import { Failure } from './errors.ts';
import { parseExact, roundExact } from './exact-amount.ts';
import { parseDecimal } from './money.ts';
import { isUnit, POINTS_PATTERN, type PointsCode, type UnitCode } from './unit.ts';

/** The fields that events, imports and the API share. Each says what is wrong with a value that does not fit. */

/** A program's or a partner's code, as the organisation writes it. */
export const Code = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'is not a code of 1 to 64 letters, digits and . _ : -')
  .meta({ description: 'A code that the organisation chose: 1 to 64 letters, digits and . _ : -', examples: ['acme'] });

/** The kind of thing that happened: `sale`, `referral`, `installation`, `training`, `kpi`, … */
export const EventKind = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'is not a kind such as sale: small letters, digits and _')
  .meta({
    description: 'The kind of event: `sale`, `refund`, or a kind that the program names itself, such as `referral`',
    examples: ['sale'],
  });

export const Source = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not 1 to 64 letters, digits and . _ -')
  .meta({
    description: 'The system that the event comes from: not `bursar`, `correction`, `conversion` or `resolution`',
    examples: ['shop'],
  });

/** The name of an amount besides the main one, such as `freight`. The name `amount` always means the main one. */
export const AmountName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'is not a name such as freight: small letters, digits and _')
  .refine((name) => name !== 'amount', 'amount is the name of the main amount')
  .refine(
    (name) => !['quantity', 'count', 'customers'].includes(name),
    'is the name of a measure that is not an amount',
  )
  .meta({ description: 'The name of an amount besides the main one', examples: ['freight'] });

/** The name of a fact about an event, such as `product` or `customer`. */
export const AttributeName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_]{0,39}$/,
    'is not a name such as product: letters, digits and _, beginning with a small letter',
  )
  .meta({ description: 'The name of a fact about an event', examples: ['product'] });

export const Currency = z
  .enum(CURRENCY_CODES, 'is not an ISO 4217 currency code such as USD, in capital letters')
  .meta({ id: 'Currency', description: 'An ISO 4217 currency code', examples: ['USD'] });

const POINTS_EXAMPLE = 'points-care';

/** The code of a unit that is not money: points are whole, and credits have two decimals. */
export const Points = z
  .string()
  .regex(POINTS_PATTERN, 'is not a unit such as points-care or credits-shop: points- or credits-, and small letters')
  .pipe(z.custom<PointsCode>())
  .meta({
    id: 'Points',
    type: 'string',
    pattern: POINTS_PATTERN.source,
    description:
      'The code of a unit that is not money. `points-…` are whole numbers, and `credits-…` have two decimals',
    examples: [POINTS_EXAMPLE],
  });

/** The unit in which an incentive earns: a currency, or points of its program. */
export const Unit = z
  .custom<UnitCode>(
    isUnit,
    'is neither an ISO 4217 currency code such as USD, in capital letters, nor points such as points-care',
  )
  .meta({
    id: 'Unit',
    type: 'string',
    description: 'An ISO 4217 currency code, or the code of a unit of the program that is not money',
    examples: ['USD', POINTS_EXAMPLE],
  });

/** An amount of 0 or more. Its currency decides how many digits it may have: see `whyNotAmount`. */
export const Decimal = z
  .string()
  .regex(/^\d{1,18}(\.\d{1,18})?$/, 'is not a decimal amount such as 12.34')
  .meta({
    description: 'A decimal string of 0 or more in major units of the currency, with no more decimals than it has',
    examples: ['123.45'],
  });
export const QUANTITY_MAX = 1_000_000_000;
/** A trillion dollars is a mistake. Tens of thousands of such amounts still add up to what a bigint of PostgreSQL holds. */
export const AMOUNT_MINOR_MAX = 10n ** 14n;
/** Nobody sells a click for ten million dollars. A billion of such amounts still add up in ten-thousandths. */
const EXACT_MINOR_MAX = 10n ** 9n;

/** The reason why a decimal string is not an amount of a currency, or undefined. */
export const whyNotAmount = (text: string, currency: UnitCode): string | undefined =>
  whyNot(text, AMOUNT_MINOR_MAX, () => parseDecimal(text, currency).minor);

/** The reason why a decimal string is not an amount of a currency with a few more digits than it has, or undefined. */
export const whyNotExactAmount = (text: string, currency: UnitCode): string | undefined =>
  whyNot(text, EXACT_MINOR_MAX, () => roundExact(parseExact(text, currency)));

function whyNot(text: string, most: bigint, read: () => bigint): string | undefined {
  try {
    return read() > most ? `"${text}" is too large to be meant` : undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** One line of printable text, such as a name or a reason. The pattern says the same to readers of the API's document. */
export const Line = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .refine((text) => !/\p{Cc}/u.test(text), 'has control characters')
    .meta({ pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]*$' });

export const Country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'is not a country code such as DE')
  .meta({ description: 'An ISO 3166-1 country code of two letters', examples: ['US'] });

/** PostgreSQL has no year 0, and nobody pays for events before this year. It is text, so that it compares with dates and instants. */
const FIRST_YEAR = '1900';
export const isLateEnough = (text: string): boolean => text >= FIRST_YEAR;
export const tooEarly = `is before the year ${FIRST_YEAR}`;

export const LocalDay = z.iso.date('is not a date such as 2026-03-01').refine(isLateEnough, tooEarly);

/** No clock shows a larger offset, so it is a mistake. */
export const hasRealOffset = (text: string): boolean => !/[+-](?:14:?(?!00)|1[5-9]:?|2\d:?)\d\d$/.test(text);
export const unrealOffset = 'has an offset of more than 14 hours';

const EVENT_YEAR_MIN = 2000;
const EVENT_YEAR_MAX = 2100;
/** Events are of these years: whether a date or an instant is. */
export const isEventYear = (text: string): boolean => {
  const year = new Date(text).getUTCFullYear();
  return year >= EVENT_YEAR_MIN && year < EVENT_YEAR_MAX;
};
/** Events are from this date on, and before the other one. */
export const EVENTS_FROM = `${EVENT_YEAR_MIN}-01-01`;
export const EVENTS_UNTIL = `${EVENT_YEAR_MAX}-01-01`;
export const notEventYear = `is not between ${EVENT_YEAR_MIN} and ${EVENT_YEAR_MAX}`;

const ZONE_CHARS_MAX = 60;

/** A time zone. It is kept as the IANA database writes it, because other systems tell small letters from capital ones. */
export const Zone = z
  .string()
  .max(ZONE_CHARS_MAX)
  .overwrite((text) => canonicalZone(text) ?? text)
  .refine((text) => canonicalZone(text) === text, 'is not a place of the IANA database, such as Europe/Berlin, or UTC');

export const PostalAddress = z.strictObject({
  line1: Line(100).meta({ description: 'The street and the number', examples: ['500 Main Street'] }),
  line2: Line(100)
    .meta({ description: 'The rest of the street address, such as a suite', examples: ['Suite 210'] })
    .optional(),
  city: Line(100).meta({ description: 'The city', examples: ['Springfield'] }),
  region: Line(100).meta({ description: 'The state, province or region; in the US its two letters', examples: ['IL'] }),
  postalCode: Line(20).meta({ description: 'The postal code; in the US a ZIP code', examples: ['62701'] }),
  country: Country,
});
export type PostalAddress = z.infer<typeof PostalAddress>;

export const READING_DIGITS = 6;

/** A reading of a metric, such as a market share or a score. */
export const Reading = z
  .strictObject({
    metric: AmountName.meta({ description: 'The name of the metric', examples: ['market_share'] }),
    value: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not a number of 0 or more with at most six decimals')
      .meta({ description: 'The value, a decimal string', examples: ['31.4'] }),
    on: z.iso
      .date('is not a date such as 2026-03-31')
      .refine(isEventYear, notEventYear)
      .meta({
        description:
          'A local date of the window that it is about, at most the end of the year of the event; the day of the event if left out',
        examples: ['2026-03-31'],
      })
      .optional(),
  })
  .meta({ description: 'A reading of a metric. In each window the last reading counts' });
