import type { Language } from './language.ts';
import { type Arguments, defineMessages } from './message.ts';
import { type Amount, formatDecimal, formatMoney } from './money.ts';
import { digitsOf, withUnit } from './unit.ts';
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
};

const speak = defineMessages<typeof DOMAIN_EN>({ en: DOMAIN_EN, de: DOMAIN_DE });

const germanAmount = (amount: Amount): string => {
  const digits = digitsOf(amount.currency);
  const format = new Intl.NumberFormat('de-DE', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return withUnit(format.format(formatDecimal(amount) as Intl.StringNumericLiteral), amount.currency, 'de');
};
const germanDay = (day: string): string => day.split('-').toReversed().join('.');

export const VOICES: Readonly<Record<Language, Voice>> = {
  en: { say: (key, ...parameters) => String(speak('en', key, ...parameters)), amount: formatMoney, day: (day) => day },
  de: {
    say: (key, ...parameters) => String(speak('de', key, ...parameters)),
    amount: germanAmount,
    day: germanDay,
  },
};
export const ENGLISH = VOICES.en;
