import { z } from 'zod';

import { addDays, localDate } from '../calendar.ts';
import { IncentiveTerms, whyNeverBy } from './incentives/index.ts';

const HOLD_DAYS_MAX = 365;
const INCENTIVES_MAX = 20;

/** The index of the first incentive whose id an earlier one has. */
const indexOfRepeatedId = (incentives: readonly { id: string }[]): number =>
  incentives.findIndex(({ id }, index) => incentives.findIndex((other) => other.id === id) < index);

/**
 * The earnings that one version of a plan promises to partners. Earnings wait `holdDays` for refunds. The parsed output holds
 * every default. Store that output, so that a version never changes its meaning.
 */
export const PlanTerms = z
  .strictObject({
    holdDays: z
      .int()
      .min(0)
      .max(HOLD_DAYS_MAX)
      .meta({ description: 'How many days an earning is held for refunds before it can be paid', examples: [14] }),
    rounding: z
      .literal('half-even')
      .meta({ description: 'How a fraction of a minor unit is rounded: to the even neighbour' }),
    incentives: z
      .array(IncentiveTerms)
      .min(1)
      .max(INCENTIVES_MAX)
      .meta({
        description: 'The ways of earning; an event may earn by several',
        examples: [[{ id: 'commission', rule: 'percent', percent: '10' }]],
      }),
  })
  .superRefine(({ incentives }, context) => {
    const repeated = indexOfRepeatedId(incentives);
    if (repeated >= 0)
      context.addIssue({ code: 'custom', path: ['incentives', repeated, 'id'], message: 'is used twice' });
    for (const [index, { from, until }] of incentives.entries())
      if (from !== undefined && until !== undefined && from >= until)
        context.addIssue({ code: 'custom', path: ['incentives', index, 'until'], message: 'is not after from' });
  })
  .meta({ id: 'PlanTerms', description: 'The earnings that one version of a plan promises to partners' });
export type PlanTerms = z.infer<typeof PlanTerms>;

/** One thing about a plan that is allowed and is probably a mistake, as a sentence for the person who wrote the plan. */
export type PlanWarning = { readonly code: 'plan_never_earns' | 'incentive_never_earns'; readonly detail: string };

/** The reasons why a plan, or some of its incentives, can never earn from an instant on. */
export function planWarnings({ incentives }: PlanTerms, effectiveFromMs: number): PlanWarning[] {
  // No zone is more than a day behind UTC.
  const firstDay = addDays(localDate(effectiveFromMs, 'UTC'), -1);
  const whyNever = (terms: IncentiveTerms): string | undefined =>
    terms.until !== undefined && terms.until <= firstDay
      ? `ends on ${terms.until}, before the version begins`
      : whyNeverBy(terms);
  const never = incentives.flatMap((terms): PlanWarning[] => {
    const reason = whyNever(terms);
    return reason
      ? [{ code: 'incentive_never_earns', detail: `The incentive ${terms.id} never earns: it ${reason}.` }]
      : [];
  });
  if (never.length < incentives.length) return never;
  return [{ code: 'plan_never_earns', detail: 'Nobody can ever earn by this version: see its incentives.' }, ...never];
}

/** The version in force at an instant, or the first version if none was in force yet. The versions come newest first. */
export const versionAt = <Version extends { readonly effectiveFrom: Date }>(
  versions: readonly Version[],
  atMs: number,
): Version | undefined => versions.find(({ effectiveFrom }) => effectiveFrom.getTime() <= atMs) ?? versions.at(-1);
