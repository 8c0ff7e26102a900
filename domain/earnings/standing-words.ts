import { addDays } from '../calendar.ts';
import { formatMoney, money } from '../money.ts';
import type { LadderStanding } from '../programs/ladder.ts';
import { isReading, readingOf } from '../programs/incentives/measure.ts';
import { budgetNameOf } from './budget-name.ts';
import type { Scope } from './scope-state.ts';
import type { Standing } from './standing.ts';

/** A place in a window or on a ladder, as sentences for the partner. */

export type WindowPlace = Standing & {
  readonly isOver: boolean;
  readonly scope: Pick<Scope, 'measure' | 'currency' | 'unfundedMinor' | 'closesOn' | 'isClosed' | 'members'>;
};

/** Says where a partner stands in a window, and what its budget had too little left to pay. */
export const sayStanding = (place: WindowPlace): string => [placeWords(place), ...unpaidWords(place.scope)].join(' ');

function placeWords(place: WindowPlace): string {
  const { quota, ofQuota, share, next, lastDay, isOver, worthMinor, scope } = place;
  const volume = measuredWords(place);
  const isFinal = isOver && (scope.closesOn === null || scope.isClosed);
  const worth = `it is worth ${formatMoney(money(worthMinor, scope.currency))}${isFinal ? '' : ' so far'}`;
  if (quota === 'none') return `${volume}; no quota is set for this window, so it is worth nothing yet.`;
  if (share !== null) return `${volume} is ${share} of what all partners reached who divide the pool; ${worth}.`;
  if (!next || isOver) return `${volume}; ${worth}.`;
  const by = lastDay === null ? '' : ` by ${lastDay}`;
  const reward =
    next.worthMinor === null
      ? 'reaches the next step'
      : `makes it worth ${formatMoney(money(next.worthMinor, scope.currency))}`;
  const reached = ofQuota === null ? `${volume} of ${next.at}` : volume;
  return `${reached}; ${next.missing} more${by} ${reward}.`;
}

/** The measure, with the part of its quota where it has one. A reading that nobody sent yet is not 0. */
function measuredWords({ volume, quota, ofQuota, scope }: WindowPlace): string {
  if (isReading(scope.measure) && scope.members.size === 0) return `there is no ${readingOf(scope.measure)} yet`;
  return ofQuota === null ? volume : `${volume} is ${ofQuota} of the quota of ${quota}`;
}

function unpaidWords(scope: WindowPlace['scope']): string[] {
  const unpaid = formatMoney(money(scope.unfundedMinor, scope.currency));
  return scope.unfundedMinor > 0n
    ? [`The budget ${budgetNameOf(scope)} had too little left: ${unpaid} of that was not paid.`]
    : [];
}

export type LadderPlace = {
  readonly ladder: { readonly fact: string };
  /** The first day on which the next rung holds. */
  readonly window: { readonly from: string };
  readonly agreed: string | null;
  readonly standing: LadderStanding;
};

/** Says what a partner needs for the next rung of a ladder. */
export function sayLadder({ ladder, window, agreed, standing }: LadderPlace): string {
  const { volume, value, next } = standing;
  if (agreed !== null) return `${volume}. Your ${ladder.fact} is ${agreed} from ${window.from}, as agreed.`;
  if (!next) return `${volume}, which makes you ${value} from ${window.from}.`;
  return `${volume} of ${next.at}; ${next.missing} more by ${addDays(window.from, -1)} makes you ${next.value} from ${window.from}.`;
}
