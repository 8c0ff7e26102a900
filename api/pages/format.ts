import { digitsOf, withUnit } from '../../domain/unit.ts';
import { type Amount, formatDecimal } from '../../domain/money.ts';
import { type Voice, VOICES } from '../../domain/voice.ts';
import { readersLanguage } from './say.ts';

/** The customs of each language for numbers, and for days and times. */
const NUMBERS = { en: 'en-US', de: 'de-DE' } as const;
const DAYS = { en: 'en-GB', de: 'de-DE' } as const;
const numbers = () => NUMBERS[readersLanguage()];
const days = () => DAYS[readersLanguage()];

/** Prints an amount without its currency, with our own digits: 1234567 minor units of USD are `12,345.67`. No digit passes a float. */
export function formatAmount(amount: Amount): string {
  const digits = digitsOf(amount.currency);
  const text = new Intl.NumberFormat(numbers(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(formatDecimal(amount) as Intl.StringNumericLiteral);
  return text.replace('-', '−');
}

/** Prints an amount with its currency or unit: `12,345.67 USD`. */
export const sayAmount = (amount: Amount): string => withUnit(formatAmount(amount), amount.currency, readersLanguage());

/** Prints a local date, such as 2026-12-03, as `Thu 3 Dec 2026` or `Do., 3. Dez. 2026`. */
export const formatDay = (day: string): string =>
  new Intl.DateTimeFormat(days(), {
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
    .format(new Date(`${day}T00:00:00Z`))
    .replace(/^(\w+),/, '$1');

/** Prints a local date in a sentence, such as 2026-12-28, as `28 December 2026` or `28. Dezember 2026`. */
export const sayDay = (day: string): string => longDay(days(), day);
const longDay = (customs: string, day: string): string =>
  new Intl.DateTimeFormat(customs, { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** The voice of the pages. It says amounts and days as readers write them, where that of the API says `1234.56 USD` and `2026-12-28`. */
export const readersVoice = (): Voice => {
  const voice = VOICES[readersLanguage()];
  return { ...voice, amount: sayAmount, day: sayDay, written: (text) => asRead(voice.written(text)) };
};

const ISO_DAY = /(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])/g;
const LONG_AMOUNT = /(?<![\w.,])\d{4,}(?=(\.\d+)? [A-Z]{3}\b)/g;

/** Prints a stored sentence of the API, which is English, with its amounts and days as people write them. */
export const asRead = (sentence: string): string =>
  sentence
    .replaceAll(ISO_DAY, (day) => (Number.isNaN(Date.parse(day)) ? day : longDay(DAYS.en, day)))
    .replaceAll(LONG_AMOUNT, (digits) => new Intl.NumberFormat(NUMBERS.en).format(BigInt(digits)));

/** Prints a month, such as 2026-03, as `Mar 2026`. */
export const formatMonth = (month: string): string =>
  new Intl.DateTimeFormat(days(), { timeZone: 'UTC', month: 'short', year: 'numeric' }).format(
    new Date(`${month}-01T00:00:00Z`),
  );

/** Prints a month for the axis of a chart: `Mar`, and January with its year. */
export const formatMonthTick = (month: string): string =>
  month.endsWith('-01') ? formatMonth(month) : (formatMonth(month).split(' ')[0] ?? '');

/** Prints an instant in a zone, such as `1 Dec 2026, 05:02`. */
export const formatInstant = (at: Date, zone: string): string =>
  new Intl.DateTimeFormat(days(), {
    timeZone: zone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);

/** Prints a number of things with its noun: `1 payout`, `1,204 payouts`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${new Intl.NumberFormat(numbers()).format(count)} ${count === 1 ? one : many}`;

/** Prints a decimal of any length as readers write it: `0.004`, or `0,004`. No digit passes a float. */
export const formatDecimalText = (decimal: string): string => {
  const digits = decimal.split('.')[1]?.length ?? 0;
  return new Intl.NumberFormat(numbers(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    decimal as Intl.StringNumericLiteral,
  );
};
