import { divideHalfEven, formatMinor, parseMinor } from './money.ts';
import { digitsOf, type UnitCode, withUnit } from './unit.ts';

/** Amounts with more digits than their currency, such as 0.004 USD for a click. They are kept in ten-thousandths of a minor unit. */

/** The measure by which an incentive counts them. */
export const EXACT_AMOUNT = 'exact amount';

/** How many digits an exact amount may have beyond those of its currency: 0.000001 USD is the least. */
export const EXTRA_DIGITS = 4;
/** The ten-thousandths in a minor unit. */
export const EXACT_IN_MINOR = 10n ** BigInt(EXTRA_DIGITS);

type WithAmount = { readonly minor: bigint | null; readonly exact?: bigint | null };

/** The main amount of an event in ten-thousandths of a minor unit. Null where the event has none. */
export const exactOf = ({ minor, exact = null }: WithAmount): bigint | null =>
  exact ?? (minor === null ? null : minor * EXACT_IN_MINOR);

/** Rounds ten-thousandths to minor units, half-even. */
export const roundExact = (exact: bigint): bigint => divideHalfEven(exact, EXACT_IN_MINOR);

/** Whether a decimal string has more digits than its currency. */
export const isFiner = (text: string, currency: UnitCode): boolean =>
  /[1-9]/.test((text.split('.')[1] ?? '').slice(digitsOf(currency)));

/** Reads a decimal string as ten-thousandths of a minor unit. Throws Failure `invalid_amount` where it has more digits. */
export const parseExact = (text: string, currency: UnitCode): bigint =>
  parseMinor(text, digitsOf(currency) + EXTRA_DIGITS);

/** Prints ten-thousandths as a decimal with the digits of its unit, and with more only where they are needed. */
export function formatExactDecimal(exact: bigint, currency: UnitCode): string {
  const text = formatMinor(exact, digitsOf(currency) + EXTRA_DIGITS);
  const spare = /0*$/.exec(text)?.[0].length ?? 0;
  const cut = text.slice(0, text.length - Math.min(spare, EXTRA_DIGITS));
  return cut.endsWith('.') ? cut.slice(0, -1) : cut;
}

/** Prints the main amount of an event, with all its digits. Null where it has none. */
export function printMainAmount(event: WithAmount & { readonly currency: UnitCode | null }): string | null {
  const exact = exactOf(event);
  return exact === null || event.currency === null ? null : formatExactDecimal(exact, event.currency);
}

/** Prints ten-thousandths as people read them: `0.004 USD`. */
export const formatExactAmount = (exact: bigint, currency: UnitCode): string =>
  withUnit(formatExactDecimal(exact, currency), currency);
