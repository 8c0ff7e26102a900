import { z } from 'zod';

import { IncentiveTerms } from './incentives/index.ts';

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
  .meta({ id: 'PlanTerms', description: 'The incentives by which partners earn under one version of a plan' });
export type PlanTerms = z.infer<typeof PlanTerms>;
