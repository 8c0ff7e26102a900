import { startOfDay } from '../calendar.ts';
import { windowEnd } from '../programs/incentives/window.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { type DividingTerms, isDividing } from './pool.ts';
import { type ScopeName, scopeNameOf } from './target.ts';

/** The name that the windows of a pool have in common. */
export type PoolName = Omit<ScopeName, 'group' | 'closesOn'>;

/** A plan version of a program. */
type Version = { readonly id: number; readonly effectiveFrom: Date; readonly terms: PlanTerms };

/** The incentive of a plan version that divides a pool. Undefined where it has none of this name. */
export function dividingTerms({ incentives }: PlanTerms, pool: PoolName): DividingTerms | undefined {
  const { incentiveId, currency, window, start, measure } = pool;
  return incentives
    .filter(isDividing)
    .find(
      (terms) =>
        terms.id === incentiveId &&
        terms.unit === currency &&
        terms.window === window &&
        (window !== 'promotion' || terms.when.from === start) &&
        scopeNameOf(terms, currency, start).measure === measure,
    );
}

/**
 * The version whose terms say how large a pool is: the newest one that was in force on the last day of its window, or the first where none
 * was. The versions come newest first, and may be of several plans: their partners then divide one pool.
 */
export function versionOfPool(versions: readonly Version[], pool: PoolName, zone: string): Version | undefined {
  const dividing = versions.flatMap((version) => {
    const terms = dividingTerms(version.terms, pool);
    const end = terms && windowEnd(pool.window, pool.start, terms.when.until);
    return end ? [{ version, endMs: startOfDay(end, zone) }] : [];
  });
  const inForce = dividing.find(({ version, endMs }) => version.effectiveFrom.getTime() < endMs);
  return (inForce ?? dividing.at(-1))?.version;
}
