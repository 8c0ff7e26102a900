import { addDays, localDate } from '../calendar.ts';
import { NOTHING } from '../programs/incentives/index.ts';
import { windowEnd } from '../programs/incentives/window.ts';
import { incentiveOf } from '../programs/plan.ts';
import { addWorth } from './budget.ts';
import { beforeOf, type Context, type Earning } from './change.ts';
import { outsideOf, type Scope, worthNow } from './scope-state.ts';

/** The changes that events of ours make to windows. They measure nothing themselves. */

/** Closes a window. It earns what it is worth. Undefined where nothing ever counted in it, or where it is closed already. */
export function close(scope: Scope, eventId: bigint, context: Context): Earning | undefined {
  if (scope.isClosed || scope.closesOn === null) return undefined;
  return revalued(scope, eventId, scope.closesOn, context, () => (scope.isClosed = true));
}

/** Closes a window of a pool, or one that is closed already: it earns the difference to its new part. */
export function allot(
  scope: Scope,
  { eventId, minor }: { eventId: bigint; minor: bigint },
  context: Context,
): Earning | undefined {
  if (scope.closesOn === null) return undefined;
  return revalued(scope, eventId, scope.closesOn, context, () => {
    scope.isClosed = true;
    scope.earnedMinor = minor;
  });
}

/** Compares a window with its new quota. Undefined where nothing ever counted in it, or where the quota is the same. */
export function requote(
  scope: Scope,
  { eventId, atMs, quota }: { eventId: bigint; atMs: number; quota: bigint | null },
  context: Context,
): Earning | undefined {
  if (scope.quota === quota) return undefined;
  const day = scope.closesOn ?? localDate(atMs, context.zone);
  return revalued(scope, eventId, day, context, () => (scope.quota = quota));
}

/** Changes the state of a window by an event of ours, and says what that makes it worth. */
function revalued(
  scope: Scope,
  eventId: bigint,
  day: string,
  context: Context,
  change: () => void,
): Earning | undefined {
  const last = scope.segments.at(-1);
  const { earnedMinor, unfundedMinor } = scope;
  change();
  if (!last) return undefined;
  const { versionId, sinceMs } = last;
  const before = { ...beforeOf(earnedMinor, unfundedMinor, scope.segments), ...outsideOf(scope) };
  const difference = worthNow(scope, context) - earnedMinor - unfundedMinor;
  scope.earnedMinor = earnedMinor;
  const { incentiveId } = scope;
  const { when } = incentiveOf(context.termsOf(versionId), incentiveId);
  const end = windowEnd(scope.window, scope.start, when.until);
  const lastDay = () => (end === null ? day : addDays(end, -1));
  const funded = addWorth(
    scope,
    { originId: eventId, incentiveId, versionId, sinceMs, difference, day: lastDay },
    context,
  );
  return {
    originId: eventId,
    incentiveId,
    currency: scope.currency,
    versionId,
    sinceMs,
    scope,
    measures: NOTHING,
    lateFor: null,
    customer: null,
    uncollectedMinor: 0n,
    converted: null,
    availableOn: addDays(day, context.termsOf(versionId).holdDays),
    ...funded,
    before,
  };
}
