import { type CurrencyCode, exponentOf } from './currency.ts';
import { Failure } from './errors.ts';
import { digitsOf, type UnitCode, withUnit } from './unit.ts';

/** An amount in minor units of money or points: `{ minor: 120n, currency: 'points-care' }` is 120 points. */
export type Amount<Unit extends UnitCode = UnitCode> = { readonly minor: bigint; readonly currency: Unit };

/** An amount in minor units of one currency: `{ minor: 1234n, currency: 'USD' }` is 12.34 US dollars. */
export type Money = Amount<CurrencyCode>;

export const money = <Unit extends UnitCode>(minor: bigint, currency: Unit): Amount<Unit> => ({ minor, currency });

/** An exact rate: 12.5 % is `{ numerator: 125n, denominator: 1000n }`. The denominator is positive. */
export type Rate = { readonly numerator: bigint; readonly denominator: bigint };

/** The largest amount that a bigint of PostgreSQL holds. */
export const MINOR_MAX = 2n ** 63n - 1n;

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

/** Adds amounts of one currency. The caller names the currency, for an empty list has none. Throws RangeError for another currency. */
export function add(currency: CurrencyCode, amounts: readonly Money[]): Money {
  const stranger = amounts.find((amount) => amount.currency !== currency);
  if (stranger) throw new RangeError(`${stranger.currency} cannot be added to ${currency}`);
  return money(sum(amounts.map(({ minor }) => minor)), currency);
}

/** Divides and rounds a half to the even neighbour, in the same way on both sides of zero. The denominator is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twiceRest = 2n * (numerator % denominator) * (numerator < 0n ? -1n : 1n);
  const isOdd = quotient % 2n !== 0n;
  if (twiceRest < denominator || (twiceRest === denominator && !isOdd)) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}

/**
 * Takes a share of an amount. It multiplies first and divides once, half-even: 2.5 % of 340 minor units is 8, and 2.5 % of -340
 * is -8.
 */
export const takeShare = (amount: Money, rate: Rate): Money =>
  money(divideHalfEven(amount.minor * rate.numerator, rate.denominator), amount.currency);

/**
 * Splits a whole number by weight. The parts add up to the whole, and each is less than one minor unit from its exact
 * share. A weight of 0 gets 0, and a negative amount mirrors its positive. Spare units go to the largest
 * remainders, and ties go to the first. Throws RangeError unless all weights are at least 0 and one is positive.
 */
export function split(whole: bigint, weights: readonly bigint[]): bigint[] {
  const totalWeight = sum(weights);
  if (totalWeight === 0n || weights.some((weight) => weight < 0n))
    throw new RangeError(`an amount cannot be split by the weights ${weights}`);
  const sign = whole < 0n ? -1n : 1n;
  const shares = weights.map((weight, index) => {
    const exact = whole * sign * weight;
    return { index, floor: exact / totalWeight, rest: exact % totalWeight };
  });
  const spare = whole * sign - sum(shares.map(({ floor }) => floor));
  const byRest = shares.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest < b.rest ? 1 : -1));
  const raised = new Set(byRest.slice(0, Number(spare)).map(({ index }) => index));
  return shares.map(({ index, floor }) => sign * (raised.has(index) ? floor + 1n : floor));
}

/** Splits an amount by weight, as `split` does. */
export const allocate = ({ minor, currency }: Money, weights: readonly bigint[]): Money[] =>
  split(minor, weights).map((part) => money(part, currency));

/** Prints minor units as a decimal with exactly `exponent` digits after the point: -5 with exponent 2 is `-0.05`. */
export function formatMinor(minor: bigint, exponent: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const rest = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${minor < 0n ? '-' : ''}${whole}${rest}`;
}

/** Prints an amount as the decimal string of the wire, with the digits of its unit: `{ 100n, JPY }` is `100`. */
export const formatDecimal = (amount: Amount): string => formatMinor(amount.minor, digitsOf(amount.currency));

/** Prints an amount as people read it: `12.00 USD`, `120 points`. */
export const formatMoney = (amount: Amount): string => withUnit(formatDecimal(amount), amount.currency);

const DECIMAL = /^(-?)(\d{1,18})(?:\.(\d{1,18}))?$/;

/**
 * Reads a decimal string exactly, as minor units of an exponent. Digits beyond the exponent are accepted only if they are
 * zeros. Throws Failure `invalid_amount`.
 */
export function parseMinor(text: string, exponent: number): bigint {
  const match = DECIMAL.exec(text);
  if (!match) throw new Failure('invalid_amount', `"${text}" is not a decimal amount such as 12.34`);
  const [, sign = '', whole = '', fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(exponent)))
    throw new Failure('invalid_amount', `"${text}" has more than ${exponent} digits after the decimal point`);
  const minor = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0')) * (sign ? -1n : 1n);
  if (minor > MINOR_MAX || minor < -MINOR_MAX)
    throw new Failure('invalid_amount', `"${text}" is too large to be stored`);
  return minor;
}

const LONG_DECIMAL = /^(\d{1,18})\.(\d{1,40})$/;

/**
 * Rounds a decimal string of 0 or more to the digits of a currency, a half to the even neighbour: `12.345` in USD is `12.34`. Any
 * other text is returned as it is, so that `parseDecimal` refuses it.
 */
export function roundDecimal(text: string, currency: CurrencyCode): string {
  const [, whole = '', fraction = ''] = LONG_DECIMAL.exec(text) ?? [];
  const exponent = exponentOf(currency);
  if (fraction.length <= exponent) return text;
  const rounded = divideHalfEven(BigInt(whole + fraction), 10n ** BigInt(fraction.length - exponent));
  return formatMinor(rounded, exponent);
}

/** Reads the wire's decimal string. Throws Failure `invalid_amount` where the text has more digits than the unit. */
export const parseDecimal = <Unit extends UnitCode>(text: string, currency: Unit): Amount<Unit> =>
  money(parseMinor(text, digitsOf(currency)), currency);

const PERCENT_DIGITS_MAX = 6;

/** Reads a percentage as an exact rate: `88` is 88/100, `12.5` is 12.5/100. Throws Failure `invalid_amount`. */
export const parsePercent = (text: string): Rate => ({
  numerator: parseMinor(text, PERCENT_DIGITS_MAX),
  denominator: 100n * 10n ** BigInt(PERCENT_DIGITS_MAX),
});
