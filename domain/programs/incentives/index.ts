import { addDays } from '../../calendar.ts';
import type { Event } from '../../event.ts';
import { own } from '../../own.ts';
import type { UnitCode } from '../../unit.ts';
import { flatPay } from './flat.ts';
import type { IncentiveTerms } from './incentive.ts';
import { WHOLE_PERCENTAGE } from './measure.ts';
import { mostEachOf, ofMeasure, paidMeasure } from './measured.ts';
import { bounded, boundedEach, type Measures, type Pay, type PayContext } from './pay.ts';
import { percentPay } from './percent.ts';
import { ratePay } from './rate.ts';
import { DIVIDED, type SharePay } from './share.ts';
import { type StepsPay, stepsPay } from './steps.ts';
import { isWhen } from './when.ts';
import { type PartnerThen, whyNotPartner } from './when-partner.ts';
import { windowAfter, windowEnd, windowStart } from './window.ts';

export { IncentiveTerms } from './incentive.ts';
export { levelOf, measureOfTerms, mindsLate, mostEachOf, ofMeasure, paidMeasure } from './measured.ts';
export { isWhen } from './when.ts';
export { type Measures, NOTHING } from './pay.ts';

/** Terms never change, so what was read from them is kept as long as they are. */
const prepared = new WeakMap<IncentiveTerms, Map<UnitCode, Pay>>();

export const contextOf = (terms: IncentiveTerms, currency: UnitCode): PayContext => ({
  measure: paidMeasure(terms),
  of: ofMeasure(terms),
  currency,
  counted: terms.currency ?? currency,
});

/** The rule of payment of an incentive in a currency or in points. */
export function payOf(terms: IncentiveTerms, currency: UnitCode): Pay {
  const pays = prepared.get(terms) ?? new Map<UnitCode, Pay>();
  prepared.set(terms, pays);
  const known = pays.get(currency);
  if (known) return known;
  const context = contextOf(terms, currency);
  const { pay: rule } = terms;
  const pay = rule.rule === 'share' ? DIVIDED : compared(bounded(ruleOf(rule, context), rule, context), terms);
  pays.set(currency, pay);
  return pay;
}

/** The measures of one event as they count in its window. */
export const countedMeasures = (terms: IncentiveTerms, currency: UnitCode, measures: Measures): Measures =>
  mostEachOf(terms) === undefined ? measures : (payOf(terms, currency).counted?.(measures) ?? measures);

/**
 * The volume that is paid where a window is compared: the growth, which is never below 0, or the part of the quota that was reached. A
 * percentage is not divided by its base yet, so that it is exact: steps are multiplied by the base instead.
 */
function comparedVolume({ volume, base }: Measures, { against, growth }: IncentiveTerms): bigint {
  if (against === 'quota') return base === 0n ? 0n : volume * WHOLE_PERCENTAGE;
  const more = volume > base ? volume - base : 0n;
  if (growth === 'difference') return more;
  return base === 0n ? 0n : more * WHOLE_PERCENTAGE;
}

/** A rule of payment that looks at growth. */
function compared(pay: Pay, terms: IncentiveTerms): Pay {
  if (terms.against === undefined) return pay;
  const grown = (measures: Measures): Measures => ({ ...measures, volume: comparedVolume(measures, terms) });
  const isQuota = terms.against === 'quota';
  return {
    exact: (measures) => pay.exact(grown(measures)),
    words: (measures) =>
      terms.growth === 'percent' && measures.base === 0n
        ? ['there is nothing to compare with, so no growth is earned']
        : isQuota && measures.base === 0n
          ? ['no quota is set for this window, so nothing is earned yet']
          : pay.words(grown(measures)),
    ...(isQuota && { next: (measures) => nextVolume(pay.next?.(grown(measures))) }),
  };
}

/** The first volume that reaches a step. */
const nextVolume = (scaled: bigint | undefined): bigint | undefined =>
  scaled === undefined ? undefined : (scaled + WHOLE_PERCENTAGE - 1n) / WHOLE_PERCENTAGE;

function ruleOf(pay: Exclude<IncentiveTerms['pay'], SharePay>, context: PayContext): Pay {
  if (pay.rule === 'steps') return stepsPay(pay, context);
  return boundedEach(evenRuleOf(pay, context), pay, context);
}

function evenRuleOf(pay: Exclude<IncentiveTerms['pay'], SharePay | StepsPay>, context: PayContext): Pay {
  if (pay.rule === 'percent') return percentPay(pay, context);
  return pay.rule === 'rate' ? ratePay(pay, context) : flatPay(pay, context);
}

/** Whether an incentive is for an event of a local date, and for its partner on that day. */
export function isFor(
  { when, currency }: IncentiveTerms,
  event: Event,
  date: string,
  partner: PartnerThen | null,
): boolean {
  const counted = when.currencies ?? (currency === undefined ? undefined : [currency]);
  return (
    isWhen(when, event.kind, date) &&
    whyNotPartner(when.partner, partner) === undefined &&
    (counted === undefined || event.currency === null || counted.includes(event.currency)) &&
    Object.entries(when.event ?? {}).every(([name, values]) => values.includes(own(event.attributes, name) ?? ''))
  );
}

/** The first local date of the window in which an event of a date counts. Null where the event is paid by itself. */
export const windowStartOf = ({ window, when }: IncentiveTerms, date: string): string | null =>
  windowStart(window, date, when.from);

/** The first local date of the window that is compared with the one of a date. Null where none is. */
export function comparingStart({ window, against }: IncentiveTerms, start: string): string | null {
  return against === undefined || against === 'quota' ? null : windowAfter(window, start, against);
}

/** The local date on which a window that is earned at its close is closed. Null where it is earned as it goes. */
export function closesOn({ earned, graceDays, window, when }: IncentiveTerms, start: string): string | null {
  const end = earned === 'at-close' ? windowEnd(window, start, when.until) : null;
  return end === null ? null : addDays(end, graceDays);
}
