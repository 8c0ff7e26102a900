/** Exact arithmetic for the golden results: fractions of minor units, rounded once. Nothing here comes from the product. */
export type Exact = { readonly over: bigint; readonly under: bigint };

export const NOTHING: Exact = { over: 0n, under: 1n };
export const exact = (over: bigint, under = 1n): Exact => ({ over, under });

export const sum = (parts: readonly Exact[]): Exact =>
  parts.reduce(
    (total, part) => ({ over: total.over * part.under + part.over * total.under, under: total.under * part.under }),
    NOTHING,
  );
export const negated = ({ over, under }: Exact): Exact => ({ over: -over, under });
export const isBelow = (one: Exact, other: Exact): boolean => one.over * other.under < other.over * one.under;

/** Rounds half to even, and never below zero. */
export function roundedWorth({ over, under }: Exact): bigint {
  if (over <= 0n) return 0n;
  const twice = (2n * over) / under;
  const isExactlyHalf = 2n * over === twice * under && twice % 2n === 1n;
  const half = (twice + 1n) / 2n;
  return isExactlyHalf && half % 2n === 1n ? half - 1n : half;
}

/** The currencies of the examples, and their digits after the point. */
const DIGITS: Record<string, number> = { EUR: 2, GBP: 2, JPY: 0, USD: 2 };

function digitsOf(currency: string): number {
  const digits = DIGITS[currency];
  if (digits === undefined) throw new Error(`The golden results know no ${currency}: add its digits.`);
  return digits;
}

/** Reads a decimal as a whole number of its last digit. */
export function scaled(text: string, digits: number): bigint {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const [, sign, whole = '', fraction = ''] = found ?? [];
  if (!found || fraction.slice(digits).replaceAll('0', '') !== '')
    throw new Error(`"${text}" has no ${digits} digits.`);
  const value = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return sign === '-' ? -value : value;
}

export const minorOf = (text: string, currency: string): bigint => scaled(text, digitsOf(currency));

export function printed(minor: bigint, currency: string): string {
  const digits = digitsOf(currency);
  if (digits === 0) return String(minor);
  const sign = minor < 0n ? '-' : '';
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

const PERCENT_DIGITS = 6;
const HUNDRED = 100n * 10n ** BigInt(PERCENT_DIGITS);
export const share = (percent: string, of: bigint): Exact => exact(scaled(percent, PERCENT_DIGITS) * of, HUNDRED);
