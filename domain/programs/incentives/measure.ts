import { z } from 'zod';

import type { Event, RemainingEvent } from '../../event.ts';
import { EXACT_AMOUNT, EXACT_IN_MINOR, exactOf, formatExactAmount, parseExact } from '../../exact-amount.ts';
import { READING_DIGITS, whyNotAmount, whyNotExactAmount } from '../../fields.ts';
import { own } from '../../own.ts';
import { formatMinor, formatMoney, money, parseDecimal, parseMinor } from '../../money.ts';
import type { UnitCode } from '../../unit.ts';

const SUBTRACTED_MAX = 4;

/**
 * The thing that an incentive counts. It is the main amount, another amount by its name, one amount less others, the units of an event, or
 * the events themselves.
 */
export const Measure = z
  .string()
  .regex(
    new RegExp(
      `^(${EXACT_AMOUNT}|reading [a-z][a-z0-9_]{0,39}|[a-z][a-z0-9_]{0,39}( - [a-z][a-z0-9_]{0,39}){0,${SUBTRACTED_MAX}})$`,
    ),
    'is not a measure such as amount, quantity, count, amount - tax, or reading market_share',
  )
  .superRefine((text, context) => {
    const names = text.split(' - ');
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    if (names.includes(GROWTH)) issue('is not a measure of an event: compare two windows with `against`');
    if (names.length > 1 && names.some(isCounted))
      issue('subtracts units from money: no event can have it; quantity, count and customers stand alone');
    if (new Set(names).size < names.length) issue('names an amount twice, so it is always 0 or less');
  })
  .meta({
    description:
      '`amount` is the main amount, and any other name is the amount of that name. `amount - tax` is one amount less others, and never below 0. `quantity` counts units, `count` counts events, and `customers` counts the different values of the attribute `customer` in the window. `reading market_share` is the last reading of that metric in the window. `exact amount` is the main amount with all its digits, where a program takes amounts of less than a cent',
    examples: ['amount - tax'],
  });

/** The customers of the events of a window, each of whom counts once. The attribute of events has its own name. */
export const CUSTOMERS = 'customers';
export const CUSTOMER = 'customer';

const COUNTED = ['quantity', 'count', CUSTOMERS];
const isCounted = (name: string): boolean => COUNTED.includes(name);

/** The growth of a window over another one, in millionths of a percent. No event has it: two windows do. */
export const GROWTH = 'growth';
const PERCENT_DIGITS = 6;
/** Millionths of a percent in a whole. */
export const WHOLE_PERCENTAGE = 100_000_000n;

const READING = 'reading ';
export const isReading = (measure: string): boolean => measure.startsWith(READING);
/** `reading` and its metric, from the name of a measure, such as `reading market_share of amount at close`. */
export const readingOf = (measure: string): string => measure.split(' ').slice(0, 2).join(' ');

/** Reads where a step begins: an amount of money, a number of units or events, or a percentage of growth. */
export function readFrom(text: string, measure: string, currency: UnitCode): bigint {
  if (measure === GROWTH || isReading(measure)) return parseMinor(text, READING_DIGITS);
  if (measure === EXACT_AMOUNT) return parseExact(text, currency);
  return isCounted(measure) ? BigInt(text) : parseDecimal(text, currency).minor;
}

/** The reason why a text is not a volume of a measure, or undefined. */
export function whyNotFrom(text: string, measure: string, currency: UnitCode): string | undefined {
  if (measure === GROWTH || isReading(measure))
    return /^\d{1,9}(\.\d{1,6})?$/.test(text) ? undefined : 'is not a number with at most six decimals';
  if (measure === EXACT_AMOUNT) return whyNotExactAmount(text, currency);
  if (!isCounted(measure)) return whyNotAmount(text, currency);
  return /^\d{1,15}$/.test(text) ? undefined : `is not a whole number of ${NOUNS[measure]?.[1]}`;
}

/** Whether a measure is money, in minor units or in parts of them. Otherwise it is a number of units or events. */
export const isMoney = (measure: string): boolean => !isCounted(measure) && measure !== GROWTH && !isReading(measure);

/** The parts of a minor unit in which a measure of money is counted. */
export const partsInMinor = (measure: string): bigint => (measure === EXACT_AMOUNT ? EXACT_IN_MINOR : 1n);

const amountOf = (event: Event, name: string): bigint | null =>
  name === 'amount' ? event.minor : name === EXACT_AMOUNT ? exactOf(event) : (own(event.otherAmounts, name) ?? null);

/** The amounts of an event that a measure looks at, by name. Empty where it measures no money, or where the event has none of them. */
export const amountsIn = (event: Event, measure: string): Readonly<Record<string, bigint>> =>
  Object.fromEntries(
    (isMoney(measure) ? measure.split(' - ') : []).flatMap((name) => {
      const amount = amountOf(event, name);
      return amount === null ? [] : [[name, amount]];
    }),
  );

/**
 * The measure of an event in minor units or parts of them, in units or in events. Null where the event lacks what is measured. An amount that is subtracted
 * counts as 0 where the event lacks it, such as the tax of a sale without tax.
 */
export function measureOf(event: RemainingEvent, measure: string): bigint | null {
  if (measure === 'count' || measure === CUSTOMERS) return event.isGone ? 0n : 1n;
  if (isReading(measure))
    return event.reading !== null && measure === READING + event.reading.metric ? event.reading.value : null;
  if (measure === 'quantity') return event.quantity === null ? null : BigInt(event.quantity);
  const [first = '', ...subtracted] = measure.split(' - ');
  const from = amountOf(event, first);
  if (from === null) return null;
  const rest = subtracted.reduce((left, name) => left - (amountOf(event, name) ?? 0n), from);
  return rest > 0n ? rest : 0n;
}

const NOUNS: Record<string, [string, string]> = {
  quantity: ['unit', 'units'],
  count: ['event', 'events'],
  [CUSTOMERS]: ['customer', 'customers'],
};

/** Prints a measured value as people read it: `12.00 USD`, `3 units`. */
export function formatMeasured(value: bigint, measure: string, currency: UnitCode): string {
  if (isReading(measure)) return formatMinor(value, READING_DIGITS).replace(/\.?0+$/, '');
  if (measure === GROWTH) return `${formatMinor(value, PERCENT_DIGITS).replace(/\.?0+$/, '')} %`;
  if (measure === EXACT_AMOUNT) return formatExactAmount(value, currency);
  const [one, many] = NOUNS[measure] ?? [];
  return one === undefined ? formatMoney(money(value, currency)) : `${value} ${value === 1n ? one : many}`;
}
