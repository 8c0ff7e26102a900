import { localDate } from '../calendar.ts';
import type { RemainingEvent } from '../event.ts';
import type { Conversion, ExchangeRate, RateGap, RateNeed } from '../programs/exchange-rate.ts';
import { convertEvent } from '../programs/exchange-rate.ts';
import {
  closesOn,
  comparingStart,
  countedMeasures,
  type IncentiveTerms,
  isFor,
  levelOf,
  type Measures,
  measureOfTerms,
  mindsLate,
  mostEachOf,
  NOTHING,
  ofMeasure,
  payOf,
  windowStartOf,
} from '../programs/incentives/index.ts';
import { CUSTOMER, CUSTOMERS, isReading, measureOf } from '../programs/incentives/measure.ts';
import { STANDARD_QUOTA } from '../programs/incentives/shape.ts';
import { BEGINNING } from '../programs/incentives/window.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { chooses } from '../programs/stacking.ts';
import { own } from '../own.ts';
import type { UnitCode } from '../unit.ts';
import { fromBudget } from './budget-name.ts';
import { type Collected, collectedMeasures, collectedOf, splitWorth } from './collection.ts';
import { atPar, type Circumstances, conversionOf, measuredOf, type RateOf, rateNeedsOf } from './conversion.ts';
import type { Place, Placing } from './lateness.ts';
import { OF_POOL } from './pool.ts';
import { againstQuota } from './quota.ts';
import { READ, worthOf } from './scope.ts';
import { chosen } from './stacking.ts';

/** The name of a scope that counts several events of a partner by one incentive. Events of two names never count together. */
export type ScopeName = {
  readonly incentiveId: string;
  readonly currency: UnitCode;
  readonly window: IncentiveTerms['window'];
  /** The first local date of the window. */
  readonly start: string;
  /** The measure, and the amount that a percentage applies to. */
  readonly measure: string;
  /** The value of the attribute by which events are counted apart. Empty where they are not. */
  readonly group: string;
  /** The local date on which it is closed and earned. Null where it is earned as it goes. */
  readonly closesOn: string | null;
};

/** The contribution of an event by one incentive. */
export type Target = {
  readonly terms: IncentiveTerms;
  readonly currency: UnitCode;
  readonly measures: Measures;
  /** Null where the event is paid by itself. */
  readonly scope: ScopeName | null;
  /** The worth of an event that is paid by itself, in minor units: below zero for a deduction. 0 where it counts in a scope. */
  readonly minor: bigint;
  /** The worth that waits until the event is paid, in minor units. 0 where it is not waited for, or counts in a scope. */
  readonly uncollectedMinor?: bigint;
  /** The part of the event that was paid, where the incentive waits for it. */
  readonly collected?: Collected | null;
  /** The measure or attribute that the event lacks, and therefore earns nothing. */
  readonly lacks: string | null;
  /** The closed window for which the event came late. Null where it counts in its own. */
  readonly lateFor: string | null;
  /** The customer of the event, where customers are counted. */
  readonly customer?: string | null;
  /** The incentive by which the event earns instead. Absent where it earns by this one. */
  readonly insteadOf?: string;
  /** The rate at which its amounts were converted to the currency. Null where none was. */
  readonly converted: Conversion | null;
};

/** The contributions of an event, less its refunds, by each incentive of a plan that is for it and that pays partners of this level. */
export function targetsOf(
  event: RemainingEvent,
  plan: PlanTerms,
  circumstances: Circumstances,
  rateOf: RateOf,
): Target[] {
  if ((circumstances.barred ?? null) !== null) return barredTargets(event, plan, circumstances);
  const targets = allTargets(event, plan, circumstances, rateOf);
  const isChosen = chooses(plan);
  const whole = isChosen ? allTargets(paidInFull(event.whole ?? event), plan, circumstances, rateOf) : targets;
  const left = isChosen ? chosen(targets, whole, plan) : targets;
  return plan.incentives.some((terms) => terms.deduct) ? withDeductions(left) : left;
}

/** A barred event contributes nothing, by each incentive that is for it. */
const barredTargets = (event: RemainingEvent, plan: PlanTerms, circumstances: Circumstances): Target[] =>
  allTargets(event, plan, circumstances, atPar).map(({ terms, currency }) => {
    const nothing = { measures: NOTHING, scope: null, minor: 0n, lacks: null, lateFor: null, converted: null };
    return { terms, currency, ...nothing };
  });

/** Neither a refund nor a payment changes by which incentive an event earns. */
const paidInFull = (event: RemainingEvent): RemainingEvent => ({ ...event, collectedMinor: event.minor ?? 0n });

/** The contributions by each incentive, as if none excluded another one. */
export function allTargets(
  event: RemainingEvent,
  { incentives }: Pick<PlanTerms, 'incentives'>,
  { zone, level = 0, partner = null, place = ownPlace }: Circumstances,
  rateOf: RateOf,
): Target[] {
  const date = localDate(event.occurredAtMs, zone);
  return incentives.flatMap((terms) => {
    if (levelOf(terms) !== level) return [];
    const currency = terms.unit ?? event.currency;
    if (currency === null || !isFor(terms, event, date, partner)) return [];
    const needed = conversionOf(event, terms, date);
    if (!needed) return targetsBy(event, terms, currency, date, place);
    const rate = rateOf(needed.need);
    const converted = { ...rate, amounts: needed.amounts };
    return targetsBy(convertEvent(event, rate), terms, currency, date, place).map((target) => ({
      ...target,
      converted,
    }));
  });
}

/** Whether a contribution is what it seems before rates and closed windows are known. */
export const isCertain = ({ converted, terms }: Target): boolean => converted === null && !mindsLate(terms);

/** Every event counts in its own window, unless somebody says otherwise. */
export const ownPlace = (_terms: IncentiveTerms, start: string): Place => ({ start, lateFor: null });

/** The first day of the window of an incentive that an event is of. Undefined where it counts in none. */
export const ownStart = (
  event: RemainingEvent,
  terms: IncentiveTerms,
  circumstances: Circumstances,
): string | undefined =>
  allTargets(event, { incentives: [terms] }, { ...circumstances, place: ownPlace }, atPar)[0]?.scope?.start;

/** The contributions of an event, or a rate that is not known yet and without which nothing can be said. */
export function targetsOrGap(
  event: RemainingEvent,
  terms: PlanTerms,
  circumstances: Circumstances,
  find: (need: RateNeed) => ExchangeRate | { gap: RateGap },
): Target[] | { gap: RateGap } {
  for (const need of rateNeedsOf(event, terms, circumstances)) {
    const found = find(need);
    if ('gap' in found) return found;
  }
  const rateOf = (need: RateNeed): ExchangeRate => {
    const found = find(need);
    if ('gap' in found) throw new RangeError('a rate is missing that the event does not need');
    return found;
  };
  return targetsOf(event, terms, circumstances, rateOf);
}

/** The contributions of an event by one incentive: in its own window, and in the one that is compared with it. */
function targetsBy(
  event: RemainingEvent,
  terms: IncentiveTerms,
  currency: UnitCode,
  date: string,
  place: Placing,
): Target[] {
  if (isReading(measureOfTerms(terms))) return readingTargets(event, terms, currency, date, place);
  const target = targetOf(event, terms, currency, date, place);
  const start = target.scope && comparingStart(terms, target.scope.start);
  if (!target.scope || start === null) return [target];
  const measures = { ...NOTHING, base: target.measures.volume };
  return [target, { ...target, measures, scope: { ...target.scope, start, closesOn: closesOn(terms, start) } }];
}

/** The names that were made already, by terms, currency and start: the events of a window ask for the same ones again and again. */
const scopeNames = new WeakMap<IncentiveTerms, Map<string, ScopeName>>();

/** The name of the scope of an incentive that begins on a date, where events are not counted apart. */
export function scopeNameOf(terms: IncentiveTerms, currency: UnitCode, start: string): ScopeName {
  const names = scopeNames.get(terms) ?? new Map<string, ScopeName>();
  scopeNames.set(terms, names);
  const key = `${currency} ${start}`;
  const name = names.get(key) ?? {
    incentiveId: terms.id,
    currency,
    window: terms.window,
    start,
    measure: measureName(terms),
    group: '',
    closesOn: closesOn(terms, start),
  };
  names.set(key, name);
  return name;
}

/** A reading counts in the window that it is about. The other events bring the amount that a percentage applies to. */
function readingTargets(
  event: RemainingEvent,
  terms: IncentiveTerms,
  currency: UnitCode,
  date: string,
  place: Placing,
): Target[] {
  const measure = measureOfTerms(terms);
  const of = ofMeasure(terms);
  const value = measureOf(event, measure);
  const ofAmount = of === null ? null : measureOf(event, of);
  const start = windowStartOf(terms, (value !== null && event.reading?.on) || date);
  if (start === null || (value === null && ofAmount === null)) return [];
  if (start > date) {
    const nothing = { measures: NOTHING, scope: null, minor: 0n, lateFor: null, converted: null };
    return [{ terms, currency, ...nothing, lacks: 'no reading of a window that has begun' }];
  }
  const { start: placed, lateFor } = place(terms, start);
  const target = { terms, currency, minor: 0n, lacks: null, lateFor, converted: null };
  if (placed === null) return [{ ...target, measures: NOTHING, scope: null }];
  const scope = scopeNameOf(terms, currency, placed);
  const measures = value === null ? { ...NOTHING, of: ofAmount ?? 0n } : { ...NOTHING, volume: value, base: READ };
  return [{ ...target, measures, scope }];
}

function targetOf(
  event: RemainingEvent,
  terms: IncentiveTerms,
  currency: UnitCode,
  date: string,
  place: Placing,
): Target {
  const { groupBy, first } = terms;
  const measured = measuredOf(event, terms);
  const measure = measureOfTerms(terms);
  const of = ofMeasure(terms);
  const volume = measureOf(measured, measure);
  const ofAmount = of === null ? 0n : measureOf(measured, of);
  const group = groupBy === undefined ? '' : own(event.attributes, groupBy);
  const customer = measure === CUSTOMERS ? (own(event.attributes, CUSTOMER) ?? null) : null;
  const collected = terms.release === 'collected' ? collectedOf(measured) : null;
  const lacks = whatLacks([
    [terms.release === 'collected' ? collected : '', 'no amount that can be paid'],
    [volume, `no ${measure}`],
    [ofAmount, `no ${of}`],
    [group, `no attribute ${groupBy}`],
    [measure === CUSTOMERS ? customer : '', `no attribute ${CUSTOMER}`],
  ]);
  const sum = { ...NOTHING, volume: volume ?? 0n, of: ofAmount ?? 0n };
  const measures = lacks === null ? countedMeasures(terms, currency, sum) : NOTHING;
  const start = windowStartOf(terms, date) ?? (first && BEGINNING);
  const target = { terms, currency, measures, lacks, lateFor: null, customer, collected, converted: null };
  if (start === undefined && collected)
    return { ...target, scope: null, ...splitWorth(payOf(terms, currency).exact(measures), collected) };
  if (start === undefined) return { ...target, scope: null, minor: worthOf(terms, measures, currency) };
  const { start: placed, lateFor } = lacks === null ? place(terms, start) : ownPlace(terms, start);
  if (placed === null) return { ...target, measures: NOTHING, collected: null, scope: null, minor: 0n, lateFor };
  const name = scopeNameOf(terms, currency, placed);
  const scope = group ? { ...name, group } : name;
  const counted = collected ? collectedMeasures(measures, collected) : measures;
  return { ...target, measures: counted, minor: 0n, scope: lacks === null ? scope : null, lateFor };
}

/** Windows that are earned at their close, those of partners below, those with a most for each event, and those that a budget pays each count by themselves. */
function measureName(terms: IncentiveTerms): string {
  const measure = measureOfTerms(terms);
  const of = ofMeasure(terms);
  const level = levelOf(terms);
  return [
    measure,
    ...(of === null ? [] : [`of ${of}`]),
    ...(terms.currency === undefined ? [] : [`in ${terms.currency}`]),
    ...(terms.earned === 'at-close' ? ['at close'] : []),
    ...(terms.release === 'collected' ? ['as collected'] : []),
    ...(mostEachOf(terms) === undefined ? [] : ['at most for each']),
    ...(level > 0 ? [`from level ${level}`] : []),
    ...(terms.pay.rule === 'share' ? [OF_POOL] : []),
    ...(terms.budget === undefined ? [] : [fromBudget(terms.budget)]),
    ...(terms.against === 'quota' ? [againstQuota(terms.quota ?? STANDARD_QUOTA)] : []),
  ].join(' ');
}

const whatLacks = (needs: readonly (readonly [unknown, string])[]): string | null =>
  needs.find(([value]) => value === null || value === undefined)?.[1] ?? null;

/** Takes deductions from the other earnings of the event and currency that no budget pays, in the order of the plan, and never more than is there. */
function withDeductions(targets: readonly Target[]): Target[] {
  const left = new Map<UnitCode, bigint>();
  for (const { terms, currency, minor } of targets)
    if (!terms.deduct && terms.budget === undefined) left.set(currency, (left.get(currency) ?? 0n) + minor);
  return targets.map((target) => {
    if (!target.terms.deduct) return target;
    const most = left.get(target.currency) ?? 0n;
    const minor = target.minor < most ? target.minor : most;
    const lacks = target.lacks ?? (left.has(target.currency) ? null : `no other earnings in ${target.currency}`);
    left.set(target.currency, most - minor);
    return { ...target, minor: -minor, lacks };
  });
}
