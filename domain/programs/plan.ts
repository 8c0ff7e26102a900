import { z } from 'zod';

import { addDays, localDate } from '../calendar.ts';
import { IncentiveTerms, levelOf } from './incentives/index.ts';
import { canMeetInUnit } from './overlap.ts';
import { Groups, stackingIssues } from './stacking.ts';

const HOLD_DAYS_MAX = 365;
const INCENTIVES_MAX = 30;

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
        examples: [[{ id: 'commission', pay: { rule: 'percent', percent: '10' } }]],
      }),
    onlyOneOf: Groups.optional(),
  })
  .superRefine((plan, context) => {
    const { incentives } = plan;
    const repeated = indexOfRepeatedId(incentives);
    const issue = (index: number, field: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['incentives', index, field], message });
    if (repeated >= 0) issue(repeated, 'id', 'is used twice');
    for (const [index, terms] of incentives.entries()) {
      const reason = terms.deduct ? whyNotDeduct(terms, incentives.filter(isPaidByEvent)) : undefined;
      if (reason) issue(index, 'deduct', `has nothing to deduct from: ${reason}`);
    }
    for (const { path, message } of stackingIssues(plan)) context.addIssue({ code: 'custom', path, message });
  })
  .meta({ id: 'PlanTerms', description: 'The earnings that one version of a plan promises to partners' });
export type PlanTerms = z.infer<typeof PlanTerms>;

const isPaidByEvent = (terms: IncentiveTerms): boolean =>
  !terms.deduct &&
  terms.window === 'event' &&
  terms.first === undefined &&
  terms.budget === undefined &&
  levelOf(terms) === 0;

/** The reason why a deduction never takes anything from these incentives, or undefined. */
function whyNotDeduct(terms: IncentiveTerms, paying: readonly IncentiveTerms[]): string | undefined {
  if (paying.length === 0) return 'no other incentive without a budget pays each event';
  return paying.some((other) => canMeetInUnit(terms, other))
    ? undefined
    : 'no other incentive pays the same events in the same currency or unit';
}

/** The incentive of a plan version. Throws RangeError where the version has none of that id. */
export function incentiveOf({ incentives }: PlanTerms, id: string) {
  const found = incentives.find((incentive) => incentive.id === id);
  if (!found) throw new RangeError(`the plan has no incentive ${id}`);
  return found;
}

/** Whether an incentive of a plan is for some partners only. */
export const asksAboutPartners = ({ incentives }: PlanTerms): boolean =>
  incentives.some(({ when }) => when.partner !== undefined);

/** The keys of the facts about partners that a plan asks for. */
export const factsAsked = ({ incentives }: PlanTerms): string[] =>
  incentives.flatMap(({ when }) => Object.keys(when.partner?.facts ?? {}));

/** The incentives of a plan that end before the plan begins, so that nobody could ever earn by them. */
export function whyNeverFrom(
  { incentives }: PlanTerms,
  effectiveFromMs: number,
): { readonly field: string; readonly reason: string }[] {
  // No zone is more than a day behind UTC.
  const firstDay = addDays(localDate(effectiveFromMs, 'UTC'), -1);
  return incentives.flatMap(({ when: { until } }, index) =>
    until !== undefined && until <= firstDay
      ? [
          {
            field: `terms.incentives[${index}].when.until`,
            reason: `is ${until}, before the version begins, so nobody could ever earn by it`,
          },
        ]
      : [],
  );
}

/** The version in force at an instant, or the first version if none was in force yet. The versions come newest first. */
export const versionAt = <Version extends { readonly effectiveFrom: Date }>(
  versions: readonly Version[],
  atMs: number,
): Version | undefined => versions.find(({ effectiveFrom }) => effectiveFrom.getTime() <= atMs) ?? versions.at(-1);

/** The levels above the partner of an event that a plan pays, such as 1 for the parent. */
export const levelsAbove = ({ incentives }: PlanTerms): number[] =>
  [...new Set(incentives.map(levelOf))].filter((level) => level > 0);

/** The codes of the budgets that a plan names. */
export const budgetsOf = ({ incentives }: PlanTerms): string[] => incentives.flatMap(({ budget }) => budget ?? []);
