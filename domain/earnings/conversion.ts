import { localDate } from '../calendar.ts';
import { isCurrency } from '../currency.ts';
import type { RemainingEvent } from '../event.ts';
import { ECB, type ExchangeRate, type RateNeed } from '../programs/exchange-rate.ts';
import { type IncentiveTerms, isFor, levelOf, measureOfTerms, ofMeasure } from '../programs/incentives/index.ts';
import { amountsIn } from '../programs/incentives/measure.ts';
import type { PartnerThen } from '../programs/incentives/when-partner.ts';
import type { PlanTerms } from '../programs/plan.ts';
import type { Placing } from './lateness.ts';

/** The facts outside the event and the plan that decide what the event contributes. */
export type Circumstances = {
  /** The zone of the program's schedule, by which days are told. */
  readonly zone: string;
  /** How far above the partner of the event the earning partner is. 0 where it is left out: the partner of the event. */
  readonly level?: number;
  /** The partner of the event on its local day. Absent where no incentive asks. */
  readonly partner?: PartnerThen | null;
  /** The window in which the event counts, given its own. Absent where it is its own. */
  readonly place?: Placing;
  /** The reason why the event earns nothing, whatever the terms say. Null where it may earn. */
  readonly barred?: string | null;
};

/** The rate for each of the conversions that `rateNeedsOf` names. */
export type RateOf = (need: RateNeed) => ExchangeRate;

/** A stand-in where amounts do not matter, such as to see what an event lacks. */
export const atPar: RateOf = (need) => ({ ...need, day: need.on, fromRate: null, toRate: '1' });

/** The rates that are needed before it can be said what an event contributes. */
export function rateNeedsOf(
  event: RemainingEvent,
  { incentives }: PlanTerms,
  { zone, level = 0, partner = null, barred = null }: Circumstances,
): RateNeed[] {
  const { currency } = event;
  if (barred !== null) return [];
  const foreign = currency === null ? [] : incentives.filter(({ unit }) => isCurrency(unit) && unit !== currency);
  if (foreign.length === 0) return [];
  const date = localDate(event.occurredAtMs, zone);
  return foreign.flatMap((terms) =>
    levelOf(terms) === level && isFor(terms, event, date, partner)
      ? (conversionOf(event, terms, date)?.need ?? [])
      : [],
  );
}

/** The conversion of the amounts that an incentive looks at. Numbers of units and events need none, and count in every currency. */
export function conversionOf(event: RemainingEvent, terms: IncentiveTerms, on: string) {
  const { unit: to, rates: source = ECB } = terms;
  const { currency: from } = event;
  if (!isCurrency(to) || from === null || from === to) return undefined;
  const measured = measuredOf(event, terms);
  const of = ofMeasure(terms);
  const amounts = { ...amountsIn(measured, measureOfTerms(terms)), ...(of === null ? {} : amountsIn(measured, of)) };
  return Object.keys(amounts).length > 0 ? { need: { source, from, to, on }, amounts } : undefined;
}

/** The state of an event that an incentive measures: before its refunds where these change nothing. */
export const measuredOf = (event: RemainingEvent, { onRefund }: IncentiveTerms): RemainingEvent =>
  onRefund === 'ignore' && event.whole ? event.whole : event;
