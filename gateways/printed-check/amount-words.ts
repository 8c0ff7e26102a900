import { exponentOf } from '../../domain/currency.ts';
import type { Money } from '../../domain/money.ts';

const SMALL = [
  'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen',
  'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen',
]; // prettier-ignore
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES = ['', ' thousand', ' million', ' billion', ' trillion', ' quadrillion', ' quintillion'];

function belowHundred(value: number): string {
  if (value < 20) return SMALL[value] ?? '';
  const rest = value % 10;
  return `${TENS[Math.floor(value / 10)]}${rest ? `-${SMALL[rest]}` : ''}`;
}

function belowThousand(value: number): string {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100];
  if (hundreds === 0) return belowHundred(rest);
  return `${SMALL[hundreds]} hundred${rest ? ` ${belowHundred(rest)}` : ''}`;
}

/** A whole number of at least 0 in American English words, without `and`. */
function inWords(value: bigint): string {
  if (value === 0n) return 'zero';
  const groups: string[] = [];
  for (let rest = value, scale = 0; rest > 0n; rest /= 1000n, scale += 1) {
    const group = Number(rest % 1000n);
    if (group > 0) groups.unshift(`${belowThousand(group)}${SCALES[scale]}`);
  }
  return groups.join(' ');
}

/** The names that banks expect on the legal line. The box with the figures says which dollar or franc it is. */
const UNITS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD'].map((currency) => [currency, 'Dollars'])),
  EUR: 'Euros',
  GBP: 'Pounds',
  JPY: 'Yen',
  CHF: 'Francs',
  MXN: 'Pesos',
  INR: 'Rupees',
  BRL: 'Reais',
  ZAR: 'Rand',
  ILS: 'Shekels',
  KWD: 'Dinars',
};

/**
 * A positive amount as it is written on a check's legal line: `One hundred five and 07/100 Dollars`, `Nine hundred Yen`,
 * `One and 005/1000 Dinars`. A currency without a name here is written as its code.
 */
export function amountInWords({ minor, currency }: Money): string {
  const exponent = exponentOf(currency);
  const unit = 10n ** BigInt(exponent);
  const words = inWords(minor / unit);
  const fraction = exponent === 0 ? '' : ` and ${String(minor % unit).padStart(exponent, '0')}/${unit}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${fraction} ${UNITS[currency] ?? currency}`;
}
