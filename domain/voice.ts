import type { Language } from './language.ts';
import { type Arguments, defineMessages } from './message.ts';
import { type Amount, formatDecimal, formatMoney } from './money.ts';
import { type UnitCode, withUnit } from './unit.ts';
import { DOMAIN_DE, DOMAIN_EN } from './words/index.ts';

/**
 * A rule that says something to partners says it by a voice, in one language. The API speaks English with plain decimals and dates, such as
 * `1234.56 USD` and `2026-12-03`; the other languages write both as their readers do.
 */
export type Voice = {
  readonly say: <K extends keyof typeof DOMAIN_EN>(
    key: K,
    ...parameters: Arguments<(typeof DOMAIN_EN)[K], string | number, never>
  ) => string;
  readonly amount: (amount: Amount) => string;
  readonly day: (day: string) => string;
  /** Writes each amount and day of a text, such as `1234.56 USD, 120 points`, as the readers of the language do. */
  readonly written: (text: string) => string;
};

const speak = defineMessages<typeof DOMAIN_EN>({ en: DOMAIN_EN, de: DOMAIN_DE });

const germanNumber = (decimal: string): string => {
  const digits = decimal.split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat('de-DE', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return format.format(decimal as Intl.StringNumericLiteral);
};
const germanAmount = (amount: Amount): string => withUnit(germanNumber(formatDecimal(amount)), amount.currency, 'de');
const germanDay = (day: string): string => day.split('-').toReversed().join('.');

const AMOUNT = /(-?\d+(?:\.\d+)?) ([A-Z]{3}|points?|credits?)\b/g;
const DAY = /\b\d{4}-\d{2}-\d{2}\b/g;
const germanWriting = (text: string): string =>
  text
    .replaceAll(AMOUNT, (_all, decimal: string, unit: string) => {
      const code = /^[A-Z]/.test(unit) ? unit : `${unit.replace(/s?$/, 's')}-`;
      return withUnit(germanNumber(decimal), code as UnitCode, 'de');
    })
    .replaceAll(DAY, germanDay);

const same = (text: string): string => text;

export const VOICES: Readonly<Record<Language, Voice>> = {
  en: {
    say: (key, ...parameters) => String(speak('en', key, ...parameters)),
    amount: formatMoney,
    day: same,
    written: same,
  },
  de: {
    say: (key, ...parameters) => String(speak('de', key, ...parameters)),
    amount: germanAmount,
    day: germanDay,
    written: germanWriting,
  },
};
export const ENGLISH = VOICES.en;
