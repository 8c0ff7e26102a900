import type { RemainingEvent } from '../event.ts';
import type { IncentiveTerms } from '../programs/incentives/index.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { atPar, type Circumstances } from './conversion.ts';
import { laterWindows, type Placing } from './lateness.ts';
import { allTargets, ownPlace, type ScopeName, type Target } from './target.ts';

/** A scope in which an event may count, and the customer of the event where it counts customers. */
export type AskedScope = ScopeName & { readonly customer: string | null };

export const askedBy = (targets: readonly Target[]): AskedScope[] =>
  targets.flatMap(({ scope, customer = null }) => (scope ? [{ ...scope, customer }] : []));

/** The scopes in which an event may count until a day, whatever the rates are, and whichever incentives are chosen and windows closed. */
export function scopeNamesOf(
  event: RemainingEvent,
  plan: PlanTerms,
  circumstances: Circumstances,
  today: string,
): AskedScope[] {
  const names = (incentives: readonly IncentiveTerms[], place: Placing) =>
    askedBy(allTargets(event, { ...plan, incentives: [...incentives] }, { ...circumstances, place }, atPar));
  const all = names(plan.incentives, ownPlace);
  const moving = plan.incentives.filter(({ lateAfterClose }) => lateAfterClose === 'next-window');
  for (let index = 0; moving.length > 0; index += 1) {
    const later = names(moving, (terms, start) => ({
      start: laterWindows(terms, start, today)[index] ?? null,
      lateFor: null,
    }));
    if (later.length === 0) break;
    all.push(...later);
  }
  return all;
}
