import { addDays } from '../calendar.ts';
import { contextOf, measureOfTerms, NOTHING, paidMeasure, payOf } from '../programs/incentives/index.ts';
import { formatMeasured, isReading } from '../programs/incentives/measure.ts';
import { windowEnd } from '../programs/incentives/window.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { incentiveOf, type Scope, worthSoFar } from './change.ts';
import { addMeasures, lastReading, worthOf } from './scope.ts';

/** A partner's place in one window: what is measured, what it is worth, and what the next step needs. Amounts are minor units. */
export type Standing = {
  readonly worthMinor: bigint;
  readonly volume: string;
  /** The quota that it is compared with, or `none` where none is set. Null where it is compared with none. */
  readonly quota: string | null;
  /** The last local date of the window. Null where it has no end. */
  readonly lastDay: string | null;
  readonly next: {
    readonly at: string;
    readonly missing: string;
    /** The worth of the window there. Null where that depends on other amounts too. */
    readonly worthMinor: bigint | null;
  } | null;
};

/** Says where a partner stands in a window, by the terms that were last in force there. Undefined where nothing has counted. */
export function standingOf(scope: Scope, termsOf: (versionId: number) => PlanTerms): Standing | undefined {
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
    worthMinor: worthSoFar(scope, { termsOf }),
    volume: print(sum.volume),
    quota: isOfQuota ? (scope.quota ? print(scope.quota) : 'none') : null,
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
