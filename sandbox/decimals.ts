/** Digits after the decimal point where ISO 4217 does not say two. Contains only currencies that the stand-ins use. */
const OTHER_THAN_TWO: Record<string, number> = {
  BHD: 3,
  CLP: 0,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  OMR: 3,
  PYG: 0,
  TND: 3,
  UGX: 0,
  VND: 0,
  XAF: 0,
  XOF: 0,
};

/** The currencies in which the stand-ins hold balances. */
export const CURRENCIES = [
  'AED',
  'AUD',
  'BGN',
  'BHD',
  'BRL',
  'CAD',
  'CHF',
  'CLP',
  'CNY',
  'CZK',
  'DKK',
  'EUR',
  'GBP',
  'HKD',
  'HUF',
  'IDR',
  'ILS',
  'INR',
  'ISK',
  'JOD',
  'JPY',
  'KRW',
  'KWD',
  'MXN',
  'MYR',
  'NOK',
  'NZD',
  'OMR',
  'PHP',
  'PLN',
  'RON',
  'SEK',
  'SGD',
  'THB',
  'TND',
  'TRY',
  'TWD',
  'UGX',
  'USD',
  'VND',
  'ZAR',
] as const;

export type ExponentOf = (currency: string) => number;

export const isoExponent: ExponentOf = (currency) => OTHER_THAN_TWO[currency] ?? 2;

/** PayPal refuses decimals in three currencies, although ISO 4217 gives two of them decimals. */
export const paypalExponent: ExponentOf = (currency) => (['HUF', 'JPY', 'TWD'].includes(currency) ? 0 : 2);

/** Reads a plain decimal into minor units. Undefined if it is not a decimal or has more digits than the currency. */
export function toMinor(text: string, exponent: number): bigint | undefined {
  const [, sign = '', whole, fraction = ''] = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > exponent) return undefined;
  return BigInt(`${sign}${whole}${fraction.padEnd(exponent, '0')}`);
}

/** Reads a decimal that must be valid because the stand-in wrote it itself. */
export function minorOf(text: string, exponent: number): bigint {
  const minor = toMinor(text, exponent);
  if (minor === undefined)
    throw new Error(`the books contain ${text}, which is not an amount with ${exponent} decimals`);
  return minor;
}

/** Prints minor units as a decimal with all of the currency's digits: 5 with two decimals is 0.05. */
export function toDecimal(minor: bigint, exponent: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  const sign = minor < 0n ? '-' : '';
  return exponent === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Divides positive numbers and rounds a half up, as all stand-ins do. */
export const divideHalfUp = (numerator: bigint, denominator: bigint): bigint =>
  (2n * numerator + denominator) / (2n * denominator);
