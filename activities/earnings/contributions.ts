import { type Contribution, type Earning, partKey } from '../../domain/earnings/change.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import { isOfPool } from '../../domain/earnings/pool.ts';
import { quotaNameOf } from '../../domain/earnings/quota.ts';
import type { ScopeName } from '../../domain/earnings/target.ts';
import type { Quotas } from './quotas.ts';
import { addMeasures } from '../../domain/earnings/scope.ts';

/** A scope in which nothing counted yet. */
export function emptyScope(partnerId: bigint, name: ScopeName, quotas: Quotas): Scope {
  const scope = { ...name, partnerId };
  const isQuoted = quotaNameOf(name) !== undefined;
  const recordedBy = isQuoted ? quotas.recordedBy(scope) : undefined;
  return {
    ...scope,
    ...(isQuoted && { quota: quotas.inForce(scope) }),
    ...(isOfPool(name) && { isUndivided: true }),
    id: null,
    earnedMinor: 0n,
    unfundedMinor: 0n,
    closingId: null,
    madeBy: new Set(recordedBy === undefined ? [] : [recordedBy]),
    isClosed: false,
    segments: [],
    members: new Map(),
    customers: new Map(),
  };
}

/** The contributions of an event after a change. */
export function contributionsAfter(counted: readonly Contribution[], earned: readonly Earning[]): Contribution[] {
  const parts = [...counted];
  for (const earning of earned) {
    const index = parts.findIndex((part) => partKey(part) === partKey(earning));
    const before = parts[index];
    const measures = before ? addMeasures(before.measures, earning.measures) : earning.measures;
    const rates = [...(before?.rates ?? []), ...(earning.converted ? [earning.converted] : [])];
    const part = {
      ...earning,
      measures,
      minor: (before?.minor ?? 0n) + earning.minor,
      uncollectedMinor: (before?.uncollectedMinor ?? 0n) + earning.uncollectedMinor,
      unfundedMinor: (before?.unfundedMinor ?? 0n) + earning.unfundedMinor,
      rates,
    };
    if (before) parts[index] = part;
    else parts.push(part);
  }
  return parts;
}
