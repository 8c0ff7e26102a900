import { Failure } from '../../errors.ts';
import { AMOUNT_MINOR_MAX, Decimal } from '../../fields.ts';
import { type Fraction, isLess, whole } from '../../fraction.ts';
import { formatMoney, money, parseMinor } from '../../money.ts';
import { digitsOf, type UnitCode, withUnit } from '../../unit.ts';

/** A price is multiplied before it is rounded, so it may have more digits than its currency: 0.004 USD for each click. */
const MORE_DIGITS = 6;
const MORE = 10n ** BigInt(MORE_DIGITS);

export const Price = Decimal.meta({
  description: `The amount for each event or unit, a decimal string with up to ${MORE_DIGITS} more decimals than the currency. The sum of a window is rounded, not each event of it`,
  examples: ['5.00', '0.004'],
});

/** The price in minor units of the currency, exact. Throws Failure `invalid_amount`. */
export function priceOf(text: string, currency: UnitCode): Fraction {
  const numerator = parseMinor(text, digitsOf(currency) + MORE_DIGITS);
  return numerator % MORE === 0n ? whole(numerator / MORE) : { numerator, denominator: MORE };
}

/** The reason why a text is not a price, or undefined. */
export function whyNotPrice(text: string, currency: UnitCode): string | undefined {
  try {
    return isLess(whole(AMOUNT_MINOR_MAX), priceOf(text, currency)) ? `"${text}" is too large to be meant` : undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** Prints a price as people read it: `5.00 USD`, `0.004 USD`. */
export function formatPrice(text: string, currency: UnitCode): string {
  const { numerator, denominator } = priceOf(text, currency);
  return denominator === 1n ? formatMoney(money(numerator, currency)) : withUnit(text.replace(/0+$/, ''), currency);
}
