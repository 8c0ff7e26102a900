import { type Measures, NOTHING } from '../programs/incentives/index.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { isNothing } from './scope.ts';

/** A contribution, as `Target` has it, as far as the choice needs it. */
type Choosable = {
  readonly terms: { readonly id: string };
  readonly measures: Measures;
  readonly scope: object | null;
  readonly minor: bigint;
  readonly lacks: string | null;
};

/** The incentives by which an event does not earn, each with the one by which it earns instead. */
type Instead = ReadonlyMap<string, string>;

/**
 * Chooses by which incentives an event earns. `whole` are its contributions before any refund, and paid in full: they decide, so that
 * neither refunds nor payments change by which incentive an event earned.
 */
export function chosen<Some extends Choosable>(
  targets: readonly Some[],
  whole: readonly Some[],
  plan: PlanTerms,
): (Some & { readonly insteadOf?: string })[] {
  const instead = insteadOf(whole, plan);
  if (instead.size === 0) return [...targets];
  const seen = new Set<string>();
  return targets.flatMap((target): (Some & { readonly insteadOf?: string })[] => {
    const { id } = target.terms;
    const winner = instead.get(id);
    if (winner === undefined) return [target];
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ ...target, ...NONE, insteadOf: winner }];
  });
}

const NONE = {
  measures: NOTHING,
  scope: null,
  minor: 0n,
  uncollectedMinor: 0n,
  collected: null,
  lacks: null,
  lateFor: null,
};

/** Whether an event counts for an incentive: with a worth of its own, or in a window, also where no step is reached there yet. */
const counts = ({ lacks, scope, minor, measures }: Choosable): boolean =>
  lacks === null && (scope === null ? minor !== 0n : !isNothing(measures));

function insteadOf(whole: readonly Choosable[], { incentives, onlyOneOf = [] }: PlanTerms): Instead {
  const instead = new Map<string, string>();
  const counted = whole.filter(counts);
  for (const { incentives: ids, choose } of onlyOneOf) {
    const group = counted.filter(({ terms }) => ids.includes(terms.id));
    const winner =
      choose === 'first'
        ? group[0]
        : group.toSorted((one, other) => (one.minor < other.minor ? 1 : one.minor > other.minor ? -1 : 0))[0];
    for (const { terms } of group) if (winner && terms.id !== winner.terms.id) instead.set(terms.id, winner.terms.id);
  }
  const isCounted = new Set(counted.map(({ terms }) => terms.id));
  const left = incentives.filter(({ excludes }) => excludes);
  // An incentive is asked after those that exclude it. They never come back to each other.
  while (left.length > 0) {
    const next = left.findIndex(({ id }) => !left.some(({ excludes }) => excludes?.includes(id)));
    const [terms] = left.splice(Math.max(next, 0), 1);
    if (terms && isCounted.has(terms.id) && !instead.has(terms.id))
      for (const id of terms.excludes ?? []) if (!instead.has(id)) instead.set(id, terms.id);
  }
  return instead;
}
