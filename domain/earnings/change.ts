import { addDays, localDate } from '../calendar.ts';
import type { Conversion, ExchangeRate } from '../programs/exchange-rate.ts';
import { type Measures, measureOfTerms, NOTHING } from '../programs/incentives/index.ts';
import { isReading } from '../programs/incentives/measure.ts';
import { incentiveOf } from '../programs/plan.ts';
import type { UnitCode } from '../unit.ts';
import type { Collected } from './collection.ts';
import { addWorth, type Funded, payDifference, type PaysBudgets } from './budget.ts';
import { changeCustomer, countsCustomers } from './customers.ts';
import { changeMember, countPurchases } from './firsts.ts';
import { isOfPool } from './pool.ts';
import { quotaNameOf } from './quota.ts';
import type { Rating } from './rating.ts';
import {
  addMeasures,
  isNothing,
  lessMeasures,
  memberKey,
  type Segment,
  takeReading,
  type TermsOfVersion,
  withMeasures,
} from './scope.ts';
import { type Outside, outsideOf, type Scope, scopeKey, worthNow } from './scope-state.ts';
import type { ScopeName, Target } from './target.ts';

/** The contribution of an event until now: the sum of its earnings by one incentive, in one scope and segment. */
export type Contribution = Rating & {
  readonly incentiveId: string;
  readonly currency: UnitCode;
  /** Null where the event is paid by itself. */
  readonly scope: Scope | null;
  readonly minor: bigint;
  /** The worth that waits until the event is paid, in minor units. */
  readonly uncollectedMinor: bigint;
  /** The worth that its budget did not pay, in minor units. */
  readonly unfundedMinor: bigint;
  readonly measures: Measures;
  readonly availableOn: string;
  /** The closed window for which the event came late, such as `quarter 2026-01-01`. Null where it counts in its own. */
  readonly lateFor: string | null;
  /** The customer of the event, where customers are counted. Otherwise null. */
  readonly customer: string | null;
  /** The rates at which the amounts of the event were converted. The event keeps them. */
  readonly rates: readonly ExchangeRate[];
};

/**
 * Whether a contribution still counts. In a window, the measures alone say so: the earnings of an event in it also depend on the other
 * events, and do not end at 0 where the event moved to another partner or was rated by other terms.
 */
const counts = ({ scope, minor, measures }: Pick<Contribution, 'scope' | 'minor' | 'measures'>): boolean =>
  !isNothing(measures) || (scope === null && minor !== 0n);

/** The contribution whose terms rate an event: the last one that counts. */
export const ratingOfKnown = (known: readonly Contribution[]): Contribution | undefined =>
  known.findLast(counts) ?? known.at(-1);

/** The earnings and measures before a change, for its explanation, and what does not add up after it. */
export type Before = Outside & {
  readonly minor: bigint;
  /** The part of the worth that its budget did not pay. Only where it did not pay all. */
  readonly unfunded?: bigint;
  readonly segments: readonly Segment[];
  /** How many events of the customer counted before. Only where the first ones count. */
  readonly counted?: number;
  /** The segments after the change. Only where customers are counted: an event of a known customer changes none. */
  readonly after?: readonly Segment[];
  /** The part of the event that was paid, after the change. Only where the incentive waits for it. */
  readonly collected?: Collected;
};

/** The difference that a change made to what one scope is worth, and the measures that it changed. */
export type Earning = Omit<Contribution, 'rates'> & {
  readonly originId: bigint;
  /** The conversion of what is left of the event. Null where nothing was converted. */
  readonly converted: Conversion | null;
  /** The budget that pays it. Null where none does. */
  readonly budgetId: number | null;
  /** Null where nothing was earned or measured before. */
  readonly before: Before | null;
};

/** A change of what happened: an event, a refund, a correction. */
export type Change = {
  readonly partnerId: bigint;
  /** The event that it is about. */
  readonly originId: bigint;
  /** The source and id of that event. */
  readonly key: string;
  /** When that event happened, in epoch milliseconds. */
  readonly atMs: number;
  /** The terms by which it is rated. Null where the partner had none. */
  readonly rating: Rating | null;
  /** The contributions of the event by these terms, after the change. Empty where it is no longer the partner's. */
  readonly targets: readonly Target[];
  /** The contributions of the event until now. */
  readonly counted: readonly Contribution[];
};

export type Context = PaysBudgets & {
  readonly zone: string;
  /** The scope of a name. It is empty where no event counted in it yet. */
  readonly scopeOf: (partnerId: bigint, name: ScopeName) => Scope;
};

type Part = Omit<Contribution, 'availableOn' | 'rates' | 'unfundedMinor'> & {
  readonly collected?: Collected | null;
} & Partial<Pick<Earning, 'converted'>>;

/** The contributions of one event that have the same key are one. */
export const partKey = (part: Omit<Part, 'minor' | 'uncollectedMinor' | 'measures'>): string => {
  const { incentiveId, currency, scope, versionId, sinceMs, lateFor, customer } = part;
  return `${incentiveId}|${currency}|${scope ? scopeKey(scope.partnerId, scope) : ''}|${versionId}|${sinceMs}|${lateFor ?? ''}|${customer ?? ''}`;
};

const NOT_COUNTED = { minor: 0n, uncollectedMinor: 0n, unfundedMinor: 0n, measures: NOTHING };
const NOTHING_BEFORE: Before = { minor: 0n, segments: [] };

/**
 * Works out what a change earns: for each incentive and scope the worth after it less the worth before. The scopes take over the new
 * measures. An earning of 0 is an earning too: it answers the question why nothing was earned.
 */
export function earningsOf(change: Change, context: Context): Earning[] {
  const before = new Map(change.counted.map((part) => [partKey(part), part]));
  const after = new Map(partsOf(change, context).map((part) => [partKey(part), part]));
  const keys = change.counted.length > 0 ? new Set([...before.keys(), ...after.keys()]) : after.keys();
  return [...keys].flatMap((key) => {
    const old = before.get(key);
    const part = after.get(key) ?? old;
    if (!part) return [];
    const from = old ?? NOT_COUNTED;
    const to = after.get(key) ?? NOT_COUNTED;
    const measures = lessMeasures(to.measures, from.measures);
    if (old && !after.has(key) && !counts(old)) return [];
    const availableOn = releaseOf(change, part, context);
    const { incentiveId, currency, versionId, sinceMs, scope, lateFor, customer } = part;
    const converted = after.get(key)?.converted ?? null;
    const about = {
      originId: change.originId,
      incentiveId,
      currency,
      versionId,
      sinceMs,
      scope,
      measures,
      lateFor,
      customer,
      availableOn,
      uncollectedMinor: to.uncollectedMinor - from.uncollectedMinor,
      converted,
    };
    if (scope) {
      const { before: was, ...funded } = recount(scope, change, part, measures, context);
      return [{ ...about, ...funded, before: withCollected(was, part) }];
    }
    const kept = old && beforeOf(old.minor, old.unfundedMinor, [{ versionId, sinceMs, measures: old.measures }]);
    const difference = to.minor - from.minor - from.unfundedMinor;
    const day = () => localDate(change.atMs, context.zone);
    const funded = payDifference({ ...part, originId: change.originId, difference, day }, from.unfundedMinor, context);
    return [{ ...about, ...funded, before: withCollected(kept ?? null, part) }];
  });
}

export const beforeOf = (minor: bigint, unfunded: bigint, segments: readonly Segment[]): Before => ({
  minor,
  ...(unfunded > 0n && { unfunded }),
  segments,
});

const withCollected = (before: Before | null, { collected }: Part): Before | null =>
  collected ? { ...(before ?? NOTHING_BEFORE), collected } : before;

function partsOf({ partnerId, rating, targets }: Change, { scopeOf }: Context): Part[] {
  if (rating === null) return [];
  return targets.map(
    ({
      terms,
      currency,
      measures,
      scope,
      minor,
      uncollectedMinor = 0n,
      collected = null,
      lateFor,
      customer = null,
      converted,
    }) => ({
      incentiveId: terms.id,
      currency,
      scope: scope && scopeOf(partnerId, scope),
      minor,
      uncollectedMinor,
      collected,
      measures,
      lateFor,
      customer,
      converted,
      versionId: rating.versionId,
      sinceMs: rating.sinceMs,
    }),
  );
}

/** Money that goes back is released on the day of its sale, so that what is still held nets against itself. */
function releaseOf({ counted, atMs }: Change, part: Part, { zone, termsOf }: Context): string {
  const closesOn = part.scope?.closesOn ?? null;
  if (closesOn !== null) return addDays(closesOn, termsOf(part.versionId).holdDays);
  const open = counted.filter(({ scope }) => (scope?.closesOn ?? null) === null);
  const known = open.find(({ incentiveId }) => incentiveId === part.incentiveId) ?? open[0];
  if (known) return known.availableOn;
  return addDays(localDate(atMs, zone), termsOf(part.versionId).holdDays);
}

/** Changes the measures of a scope, and says what that is worth. */
function recount(
  scope: Scope,
  { originId, key, atMs }: Change,
  { incentiveId, versionId, sinceMs, customer }: Part,
  measures: Measures,
  context: Context,
): Funded & { before: Before | null } {
  const { zone, termsOf } = context;
  const day = () => localDate(atMs, zone);
  const add = (difference: bigint) =>
    addWorth(scope, { originId, incentiveId, versionId, sinceMs, difference, day }, context);
  const terms: TermsOfVersion = (version) => incentiveOf(termsOf(version), incentiveId);
  const isEmpty = scope.segments.length === 0 && scope.members.size === 0;
  const was = (segments: readonly Segment[]) => beforeOf(scope.earnedMinor, scope.unfundedMinor, segments);
  if (terms(versionId).first) {
    const counted = countPurchases(scope.members);
    const known = scope.members.get(memberKey({ originId, versionId }));
    const sum = addMeasures(known?.measures ?? NOTHING, measures);
    const isGone = sum.volume === 0n && sum.of === 0n;
    const member = { originId, key, atMs, versionId, measures: sum };
    const before = isEmpty ? null : { ...was([]), counted };
    const difference = changeMember(scope.members, member, isGone, { terms, currency: scope.currency, zone });
    return { ...add(difference), before };
  }
  const before = isEmpty ? null : was(scope.segments);
  const isOfReading = isReading(measureOfTerms(terms(versionId)));
  if (isOfReading && (measures.base !== 0n || scope.members.has(memberKey({ originId, versionId }))))
    takeReading(scope.members, { originId, key, atMs, versionId, measures });
  const isOfCustomers = customer !== null && countsCustomers(scope);
  const counted = isOfReading || isOfCustomers ? { ...NOTHING, of: measures.of } : measures;
  scope.segments = withMeasures(scope.segments, { versionId, sinceMs, measures: counted });
  if (isOfPool(scope) && !isNothing(measures)) scope.isUndivided = true;
  if (isOfCustomers) {
    const change = { customer, versionId, sinceMs, events: measures.volume, base: measures.base };
    scope.segments = changeCustomer(scope.customers, change).reduce(withMeasures, scope.segments);
  }
  const funded = add(worthNow(scope, context) - scope.earnedMinor - scope.unfundedMinor);
  if (!isOfReading && !isOfCustomers && quotaNameOf(scope) === undefined) return { ...funded, before };
  const after = isOfCustomers ? { after: scope.segments } : {};
  return { ...funded, before: { ...(before ?? NOTHING_BEFORE), ...outsideOf(scope), ...after } };
}
