import { addDays } from '../calendar.ts';
import { type CurrencyCode, isCurrency } from '../currency.ts';
import { type RateSource, whyNoRates } from './exchange-rate.ts';

/** A rate to be recorded. Null says that the source published none for this day. */
export type NewRate = { readonly day: string; readonly quote: CurrencyCode; readonly rate: string | null };

/** A rate as it is given, not looked at yet. `N/A` says that there is none. */
export type GivenRate = {
  readonly day: string;
  readonly base?: string | undefined;
  readonly quote: string;
  readonly rate: string;
};

type Wrong = { readonly field: 'day' | 'base' | 'quote' | 'rate'; readonly reason: string };

const RATE = /^\d{1,12}(\.\d{1,12})?$/;
const NONE = 'N/A';
const FIRST_DAY = '1999-01-01';

/** Whether a text is a date of the calendar, such as 2026-03-06. */
const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

/** Reads a given rate of a source, or says what is wrong with it. `today` is the date in UTC. */
export function readRate({ day, base, quote, rate }: GivenRate, source: RateSource, today: string): NewRate | Wrong {
  if (!isDate(day)) return { field: 'day', reason: `"${day}" is not a date such as 2026-03-06` };
  if (day < FIRST_DAY) return { field: 'day', reason: `is before ${FIRST_DAY}` };
  if (day > addDays(today, 1)) return { field: 'day', reason: `is ${day}, which is still to come` };
  const closed = whyNoRates(day, source);
  if (closed !== undefined) return { field: 'day', reason: closed };
  if (base !== undefined && base !== source.base)
    return { field: 'base', reason: `is ${base}, and ${source.code} publishes rates of ${source.base}` };
  if (!isCurrency(quote)) return { field: 'quote', reason: `"${quote}" is not a currency such as USD` };
  if (quote === source.base) return { field: 'quote', reason: `is ${quote}, the base of ${source.code} itself` };
  if (rate === NONE) return { day, quote, rate: null };
  if (!RATE.test(rate)) return { field: 'rate', reason: `"${rate}" is not a decimal number such as 1.0850, nor N/A` };
  return /[1-9]/.test(rate) ? { day, quote, rate } : { field: 'rate', reason: 'is 0' };
}

/** Whether a currency or a day is one that files of a source may have and that nobody needs: an old currency, or a closed day. */
export const isNeedless = ({ field }: Wrong, { day, quote }: GivenRate, source: RateSource): boolean =>
  (field === 'quote' && !isCurrency(quote) && /^[A-Z]{3}$/.test(quote)) ||
  (field === 'day' && isDate(day) && day >= FIRST_DAY && whyNoRates(day, source) !== undefined);
