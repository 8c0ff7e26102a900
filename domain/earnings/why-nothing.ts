import { localDate } from '../calendar.ts';
import type { RemainingEvent } from '../event.ts';
import { type IncentiveTerms, isFor, isWhen } from '../programs/incentives/index.ts';
import { whyNotPartner } from '../programs/incentives/when-partner.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { atPar, type Circumstances } from './conversion.ts';
import { targetsOf } from './target.ts';

/** The reason why an event earns nothing under a plan, whatever was earned before it, or undefined. */
export function whyNothing(event: RemainingEvent, terms: PlanTerms, circumstances: Circumstances): string | undefined {
  const targets = targetsOf(event, terms, circumstances, atPar);
  const date = localDate(event.occurredAtMs, circumstances.zone);
  if (!terms.incentives.some(({ when }) => isWhen(when, event.kind, date)))
    return `no incentive is for the kind ${event.kind} on ${date}`;
  if (targets.length === 0) return whyNotForPartner(event, terms, circumstances, date);
  const [first] = targets;
  return targets.every(({ lacks }) => lacks !== null) ? `it has ${first?.lacks}` : undefined;
}

/** The reason why no incentive is for an event, where some are for its kind and day. */
function whyNotForPartner(
  event: RemainingEvent,
  { incentives }: PlanTerms,
  { partner = null }: Circumstances,
  date: string,
): string {
  const asking = incentives.find((terms) => isFor(withoutPartner(terms), event, date, null));
  const reason = asking && whyNotPartner(asking.when.partner, partner);
  return reason === undefined
    ? 'no incentive is for its currency and attributes'
    : `no incentive is for its partner, who ${reason}`;
}

const withoutPartner = ({ when: { partner: _partner, ...when }, ...terms }: IncentiveTerms): IncentiveTerms => ({
  ...terms,
  when,
});
