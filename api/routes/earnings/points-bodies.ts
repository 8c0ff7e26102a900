import type { z } from '@hono/zod-openapi';

import { Decimal, Points, whyNotAmount } from '../../../domain/fields.ts';
import type { PointsCode } from '../../../domain/unit.ts';

/** The fields of requests that are about some points of a partner. */
export const somePoints = {
  unit: Points,
  amount: Decimal.meta({ description: 'How many points: a decimal string, above 0', examples: ['100'] }),
};

/** Names what is wrong with an amount of points: more digits than the unit has, or 0. */
export function refineAmount({ unit, amount }: { unit: PointsCode; amount: string }, context: z.core.$RefinementCtx) {
  const message = whyNotAmount(amount, unit) ?? (/[1-9]/.test(amount) ? undefined : 'is 0');
  if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
}
