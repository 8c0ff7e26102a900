import { localDate } from '../calendar.ts';
import { versionAt } from '../programs/plan.ts';

/** A period in which a partner is on a plan: half-open local dates in the zone of the program's schedule. */
export type AgreedPlan = {
  readonly planId: number;
  readonly from: string;
  readonly until: string | null;
  /** The instant at which its first day begins, in epoch milliseconds. */
  readonly sinceMs: number;
};

/** A version of a plan, without its terms. */
export type DatedVersion = { readonly id: number; readonly planId: number; readonly effectiveFrom: Date };

/** The version of a plan by which an event is rated, and the instant from which the partner had it. */
export type Rating = { readonly versionId: number; readonly sinceMs: number };

/**
 * The terms that a partner had at an instant: the plan agreed for its local day, in the version in force at the instant. Undefined where
 * no agreement covers the day. The versions come newest first.
 */
export function ratingAt(
  agreed: readonly AgreedPlan[],
  versions: readonly DatedVersion[],
  atMs: number,
  zone: string,
): Rating | undefined {
  const day = localDate(atMs, zone);
  const period = agreed.find(({ from, until }) => from <= day && (until === null || day < until));
  if (!period) return undefined;
  const version = versionAt(
    versions.filter(({ planId }) => planId === period.planId),
    atMs,
  );
  if (!version) return undefined;
  return { versionId: version.id, sinceMs: Math.max(version.effectiveFrom.getTime(), period.sinceMs) };
}
