import { addDays } from '../calendar.ts';
import { money } from '../money.ts';
import type { LadderStanding } from '../programs/ladder.ts';
import { isReading, readingOf } from '../programs/incentives/measure.ts';
import { ENGLISH, type Voice } from '../voice.ts';
import { budgetNameOf } from './budget-name.ts';
import type { Scope } from './scope-state.ts';
import type { Standing } from './standing.ts';

/** A place in a window or on a ladder, as sentences for the partner. */

export type WindowPlace = Standing & {
  readonly isOver: boolean;
  readonly scope: Pick<Scope, 'measure' | 'currency' | 'unfundedMinor' | 'closesOn' | 'isClosed' | 'members'>;
};

/** Says where a partner stands in a window, and what its budget had too little left to pay. */
export const sayStanding = (place: WindowPlace, voice = ENGLISH): string =>
  [placeWords(place, voice), ...unpaidWords(place.scope, voice)].join(' ');

function placeWords(place: WindowPlace, voice: Voice): string {
  const { quota, ofQuota, share, next, lastDay, isOver, worthMinor, scope } = place;
  const volume = measuredWords(place, voice);
  const isFinal = isOver && (scope.closesOn === null || scope.isClosed);
  const amount = voice.amount(money(worthMinor, scope.currency));
  const worth = voice.say(isFinal ? 'standing.worth' : 'standing.worthSoFar', { amount });
  if (quota === 'none') return voice.say('standing.noQuota', { volume });
  if (share !== null) return voice.say('standing.share', { volume, share, worth });
  if (!next || isOver) return voice.say('standing.plain', { volume, worth });
  const reached = ofQuota === null ? voice.say('standing.of', { volume, goal: voice.written(next.at) }) : volume;
  const step = { reached, missing: voice.written(next.missing), day: voice.day(lastDay ?? '') };
  if (next.worthMinor === null) return voice.say(lastDay === null ? 'standing.next' : 'standing.nextBy', step);
  const nextWorth = { ...step, worth: voice.amount(money(next.worthMinor, scope.currency)) };
  return voice.say(lastDay === null ? 'standing.nextWorth' : 'standing.nextWorthBy', nextWorth);
}

/** The measure, with the part of its quota where it has one. A reading that nobody sent yet is not 0. */
function measuredWords({ volume, quota, ofQuota, scope }: WindowPlace, voice: Voice): string {
  if (isReading(scope.measure) && scope.members.size === 0)
    return voice.say('standing.noReading', { reading: readingOf(scope.measure) });
  if (ofQuota === null) return voice.written(volume);
  const quotaText = voice.written(quota ?? '');
  return voice.say('standing.ofQuota', { volume: voice.written(volume), part: ofQuota, quota: quotaText });
}

function unpaidWords(scope: WindowPlace['scope'], voice: Voice): string[] {
  const amount = voice.amount(money(scope.unfundedMinor, scope.currency));
  return scope.unfundedMinor > 0n ? [voice.say('standing.unpaid', { budget: budgetNameOf(scope) ?? '', amount })] : [];
}

export type LadderPlace = {
  readonly ladder: { readonly fact: string };
  /** The first day on which the next rung holds. */
  readonly window: { readonly from: string };
  readonly agreed: string | null;
  readonly standing: LadderStanding;
};

/** Says what a partner needs for the next rung of a ladder. */
export function sayLadder({ ladder, window, agreed, standing }: LadderPlace, voice = ENGLISH): string {
  const { value, next } = standing;
  const volume = voice.written(standing.volume);
  const day = voice.day(window.from);
  if (agreed !== null) return voice.say('standing.agreed', { volume, fact: ladder.fact, value: agreed, day });
  if (!next) return voice.say('standing.top', { volume, value: value ?? '', day });
  const [goal, missing] = [voice.written(next.at), voice.written(next.missing)];
  const last = voice.day(addDays(window.from, -1));
  return voice.say('standing.rung', { volume, goal, missing, last, value: next.value ?? '', day });
}
