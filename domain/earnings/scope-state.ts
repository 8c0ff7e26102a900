import { NOTHING } from '../programs/incentives/index.ts';
import { isReading } from '../programs/incentives/measure.ts';
import { incentiveOf, type PlanTerms } from '../programs/plan.ts';
import type { Customers } from './customers.ts';
import { isOfPool } from './pool.ts';
import { quotaNameOf } from './quota.ts';
import { lastReading, type Member, type Segment, type TermsOfVersion, worthOf, worthOfWindow } from './scope.ts';
import type { ScopeName } from './target.ts';

/** The state of a scope: what counts in it, and what that is worth. */

/** The events of a partner that an incentive counts together, with what they add up to and what was earned for them. */
export type Scope = ScopeName & {
  readonly partnerId: bigint;
  /** Null until the database has a row for it. */
  id: bigint | null;
  earnedMinor: bigint;
  /** The part of its worth that its budget did not pay. 0 where it has none. */
  unfundedMinor: bigint;
  /** The event of ours that closes it. Null where there is none yet. */
  readonly closingId: bigint | null;
  /** The people who sent its events or wrote its terms, where it is earned at its close. */
  readonly madeBy: Set<string>;
  /** The quota that it is compared with, in units of its measure. Null where none is set, and absent where it is compared with none. */
  quota?: bigint | null;
  /** Whether its measures changed since its pool was divided, or are in no division yet. Absent or null where it counts for no pool. */
  isUndivided?: boolean | null;
  /** Whether it is closed. A window that is earned at its close earns nothing before. */
  isClosed: boolean;
  /** The segments of a window, oldest first. */
  segments: Segment[];
  /** The events of a scope that counts only the first ones of a customer, by `memberKey`. Empty in a window without readings. */
  members: Map<string, Member>;
  /** The customers of a window that counts them, as far as the page knows them. Empty in any other. */
  customers: Customers;
};

export const scopeKey = (
  partnerId: bigint,
  { incentiveId, currency, window, start, measure, group }: Omit<ScopeName, 'closesOn'>,
): string => `${partnerId}|${incentiveId}|${currency}|${window}|${start}|${measure}|${group}`;

type WithTerms = { readonly termsOf: (versionId: number) => PlanTerms };

/** The part of the state that does not add up, after a change. */
export type Outside = {
  /** The last reading of the window, in millionths. Only where readings are measured; null where there is none. */
  readonly reading?: bigint | null;
  /** The quota of the window. Only where a window is compared with one; null where none is set. */
  readonly quota?: bigint | null;
};

export function outsideOf(scope: Scope): Outside {
  if (isReading(scope.measure)) return { reading: lastReading(scope.members.values())?.measures.volume ?? null };
  return quotaNameOf(scope) === undefined ? {} : { quota: scope.quota ?? null };
}

/** The worth of a window that has earned it, in minor units: 0 until it is closed, where it is earned at its close. A division changes parts. */
export const worthNow = (scope: Scope, context: WithTerms): bigint =>
  isOfPool(scope) ? scope.earnedMinor : scope.closesOn !== null && !scope.isClosed ? 0n : worthSoFar(scope, context);

/** The worth of a window by its measures so far, in minor units, whether it has earned it or not. */
export function worthSoFar(scope: Scope, { termsOf }: WithTerms): bigint {
  const { segments, members, incentiveId, currency } = scope;
  const terms: TermsOfVersion = (version) => incentiveOf(termsOf(version), incentiveId);
  if (!isReading(scope.measure)) return worthOfWindow(segments, terms, currency, scope.quota ?? 0n);
  const last = lastReading(members.values());
  if (!last) return 0n;
  const of = segments.reduce((total, { measures }) => total + measures.of, 0n);
  return worthOf(terms(last.versionId), { ...NOTHING, volume: last.measures.volume, of }, currency);
}
