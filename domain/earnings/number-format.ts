import type { CurrencyCode } from '../currency.ts';

/** How a file writes its numbers, such as `1.234,50` or `($5.00)`. */

export type NumberFormat = {
  decimal?: '.' | ',' | undefined;
  thousands?: ',' | '.' | ' ' | "'" | undefined;
  negative?: 'refuse' | 'absolute' | 'negate' | undefined;
  symbols?: Readonly<Record<string, CurrencyCode>> | undefined;
};

/** A number as the decimal string of the wire, digit for digit, and the currency that stands next to it. Otherwise the reason. */
export type ReadNumber =
  | { readonly text: string; readonly currency: CurrencyCode | undefined }
  | { readonly reason: string };

const GROUPED = {
  ',': /^\d{1,3}(,\d{3})+$/,
  '.': /^\d{1,3}(\.\d{3})+$/,
  ' ': /^\d{1,3}([ \u00a0\u202f]\d{3})+$/,
  "'": /^\d{1,3}(['\u2019]\d{3})+$/,
} as const;

const DIGITS = /^\d+$/;
/** A number with nothing around it, as most are. */
const BARE = /^\d(?:.*\d)?$/s;
const PARENTHESES = /^\((.*)\)$/s;
const MINUS = /^[-\u2212]|[-\u2212]$/;
const SIGN = /^[-+\u2212]|[-+\u2212]$/;

/**
 * Compiles a format once for all numbers of a file. A number may have one sign, before or after it, on either side of its currency
 * sign. Parentheses are a minus.
 */
export function compileNumber(format: NumberFormat): (text: string) => ReadNumber {
  const { decimal = '.', thousands, negative = 'refuse' } = format;
  const peel = peeler(format.symbols ?? {});
  const example = `is not an amount such as 1${thousands ?? ''}234${decimal}50`;
  return (text) => {
    const { rest, signs, isMinus, currency } = peel(text);
    const number = signs > 1 ? undefined : readDigits(rest, decimal, thousands);
    if (number === undefined) return { reason: example };
    const isZero = !/[1-9]/.test(number);
    if (isMinus && !isZero && negative === 'refuse')
      return { reason: 'is negative, and the mapping does not say what that means (`negative`)' };
    if (!isMinus && !isZero && negative === 'negate')
      return { reason: 'is positive where the mapping expects negative amounts' };
    return { text: number, currency };
  };
}

type Peeled = { rest: string; signs: number; isMinus: boolean; currency: CurrencyCode | undefined };

/** Takes the signs, the parentheses and one currency sign from around a number, from the outside to the inside. */
function peeler(symbols: Readonly<Record<string, CurrencyCode>>): (text: string) => Peeled {
  const takeSymbol = symbolTaker(symbols);
  const peel = (outer: Peeled): Peeled => {
    const { rest, signs, isMinus, currency } = outer;
    if (BARE.test(rest)) return outer;
    const inside = PARENTHESES.exec(rest)?.[1]?.trim();
    if (inside !== undefined) return peel({ rest: inside, signs: signs + 1, isMinus: true, currency });
    if (SIGN.test(rest))
      return peel({
        rest: rest.replace(SIGN, '').trim(),
        signs: signs + 1,
        isMinus: isMinus || MINUS.test(rest),
        currency,
      });
    const found = currency === undefined ? takeSymbol(rest) : undefined;
    return found ? peel({ ...outer, ...found }) : outer;
  };
  return (text) => peel({ rest: text, signs: 0, isMinus: false, currency: undefined });
}

/** Takes a currency sign from one end of a text. The longest of those that fit counts, so that `US$` is not `$`. */
function symbolTaker(symbols: Readonly<Record<string, CurrencyCode>>) {
  const byLength = Object.entries(symbols).toSorted(([one], [other]) => other.length - one.length);
  return (text: string): { rest: string; currency: CurrencyCode } | undefined => {
    for (const [symbol, currency] of byLength) {
      if (text.startsWith(symbol)) return { rest: text.slice(symbol.length).trim(), currency };
      if (text.endsWith(symbol)) return { rest: text.slice(0, -symbol.length).trim(), currency };
    }
    return undefined;
  };
}

function readDigits(text: string, decimal: string, thousands: NumberFormat['thousands']): string | undefined {
  const [whole = '', fraction, ...more] = text.split(decimal);
  const isGrouped = thousands !== undefined && GROUPED[thousands].test(whole);
  const digits = isGrouped ? whole.replaceAll(/\D/g, '') : whole;
  if (!DIGITS.test(digits) || (fraction !== undefined && !DIGITS.test(fraction)) || more.length > 0) return undefined;
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}
