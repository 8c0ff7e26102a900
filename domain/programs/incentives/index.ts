import type { CurrencyCode } from '../../currency.ts';
import type { Event } from '../../event.ts';
import { flatPay } from './flat.ts';
import { type IncentiveTerms, measureOfTerms, ofMeasure } from './incentive.ts';
import { bounded, type Pay, type PayContext } from './pay.ts';
import { percentPay } from './percent.ts';
import { stepsPay } from './steps.ts';
import { windowStart } from './window.ts';

export { IncentiveTerms, measureOfTerms, ofMeasure } from './incentive.ts';
export { type Measures, NOTHING } from './pay.ts';

/** Terms never change, so what was read from them is kept as long as they are. */
const prepared = new WeakMap<IncentiveTerms, Map<CurrencyCode, Pay>>();

export const contextOf = (terms: IncentiveTerms, currency: CurrencyCode): PayContext => ({
  measure: measureOfTerms(terms),
  of: ofMeasure(terms),
  currency,
});

/** The rule of payment of an incentive in a currency. */
export function payOf(terms: IncentiveTerms, currency: CurrencyCode): Pay {
  const pays = prepared.get(terms) ?? new Map<CurrencyCode, Pay>();
  prepared.set(terms, pays);
  const known = pays.get(currency);
  if (known) return known;
  const context = contextOf(terms, currency);
  const pay = bounded(ruleOf(terms.pay, context), terms.pay, context);
  pays.set(currency, pay);
  return pay;
}

function ruleOf(pay: IncentiveTerms['pay'], context: PayContext): Pay {
  if (pay.rule === 'percent') return percentPay(pay, context);
  return pay.rule === 'flat' ? flatPay(pay, context) : stepsPay(pay, context);
}

/** Whether an incentive is for a kind of event on a local date. */
export const isWhen = ({ kinds, from, until }: IncentiveTerms['when'], kind: string, date: string): boolean =>
  kinds.includes(kind) && (from === undefined || date >= from) && (until === undefined || date < until);

/** Whether an incentive is for an event of a local date. */
export function isFor({ when, unit }: IncentiveTerms, event: Event, date: string): boolean {
  return (
    isWhen(when, event.kind, date) &&
    (unit === undefined || event.currency === null || event.currency === unit) &&
    Object.entries(when.event ?? {}).every(([name, values]) => values.includes(event.attributes[name] ?? ''))
  );
}

/** The first local date of the window in which an event of a date counts. Null where the event is paid by itself. */
export const windowStartOf = ({ window, when }: IncentiveTerms, date: string): string | null =>
  windowStart(window, date, when.from);
