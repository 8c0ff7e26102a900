import { addDays } from '../calendar.ts';
import { contextOf, measureOfTerms, NOTHING, paidMeasure, payOf } from '../programs/incentives/index.ts';
import { formatMeasured, isReading } from '../programs/incentives/measure.ts';
import { windowEnd } from '../programs/incentives/window.ts';
import { incentiveOf, type PlanTerms } from '../programs/plan.ts';
import { type DividingTerms, isDividing, leastVolume, partSoFar, percentage, poolOf } from './pool.ts';
import { addMeasures, lastReading, worthOf } from './scope.ts';
import { type Scope, worthSoFar } from './scope-state.ts';

/** A partner's place in one window: what is measured, what it is worth, and what the next step needs. Amounts are minor units. */
export type Standing = {
  readonly worthMinor: bigint;
  readonly volume: string;
  /** The quota that it is compared with, or `none` where none is set. Null where it is compared with none. */
  readonly quota: string | null;
  /** The measure as a percentage of the quota. Null where none is set or asked for. */
  readonly ofQuota: string | null;
  /** The measure as a percentage of what all partners reached who divide a pool. Null where no pool is divided. */
  readonly share: string | null;
  /** The last local date of the window. Null where it has no end. */
  readonly lastDay: string | null;
  readonly next: {
    readonly at: string;
    readonly missing: string;
    /** The worth of the window there. Null where that depends on other amounts too. */
    readonly worthMinor: bigint | null;
  } | null;
};

/** The sum of what all partners reached for a pool: `total` leaves out those who do not take part. */
export type Reached = { readonly all: bigint; readonly total: bigint };

/**
 * Says where a partner stands in a window, by the terms that were last in force there. Undefined where nothing has counted. `reached` is
 * needed where a pool is divided.
 */
export function standingOf(
  scope: Scope,
  termsOf: (versionId: number) => PlanTerms,
  reached: Reached = { all: 0n, total: 0n },
): Standing | undefined {
  const last = scope.segments.at(-1);
  if (!last) return undefined;
  const terms = incentiveOf(termsOf(last.versionId), scope.incentiveId);
  const { currency, segments } = scope;
  const added = segments.reduce((total, { measures }) => addMeasures(total, measures), NOTHING);
  const reading = lastReading(scope.members.values())?.measures.volume ?? 0n;
  const sum = isReading(scope.measure) ? { ...added, volume: reading } : added;
  const print = (volume: bigint) => formatMeasured(volume, measureOfTerms(terms), contextOf(terms, currency).counted);
  const end = windowEnd(terms.window, scope.start, terms.when.until);
  const isOfQuota = terms.against === 'quota';
  const measured = { ...sum, base: isOfQuota ? (scope.quota ?? 0n) : sum.base };
  const hasNext = isOfQuota ? measured.base > 0n : paidMeasure(terms) === measureOfTerms(terms) && !terms.against;
  const nextAt = hasNext ? payOf(terms, currency).next?.(measured) : undefined;
  return {
    worthMinor: isDividing(terms) ? partOf(scope, sum.volume, reached, terms) : worthSoFar(scope, { termsOf }),
    volume: print(sum.volume),
    quota: isOfQuota ? (scope.quota ? print(scope.quota) : 'none') : null,
    ofQuota: isOfQuota && scope.quota ? percentage(sum.volume, scope.quota) : null,
    share: isDividing(terms) ? percentage(taking(sum.volume, terms), reached.total) : null,
    lastDay: end && addDays(end, -1),
    next:
      nextAt === undefined
        ? null
        : {
            at: print(nextAt),
            missing: print(nextAt - sum.volume),
            worthMinor:
              sum.of === 0n && segments.length === 1 ? worthOf(terms, { ...measured, volume: nextAt }, currency) : null,
          },
  };
}

/** The measure as far as it takes part in a pool. */
const taking = (volume: bigint, terms: DividingTerms): bigint => (volume >= leastVolume(terms) ? volume : 0n);

/** The part of a pool: the one that a division gave, or the one that it would give now. */
const partOf = (scope: Scope, volume: bigint, { all, total }: Reached, terms: DividingTerms): bigint =>
  scope.isClosed ? scope.earnedMinor : partSoFar(taking(volume, terms), { total, poolMinor: poolOf(terms, all) });
