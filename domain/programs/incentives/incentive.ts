import type { z } from 'zod';

import { objectionsTo } from './objections.ts';
import { IncentiveShape } from './shape.ts';

/** One way of earning: the events that it is for, what it measures in which window, and how that is paid. */
export const IncentiveTerms = IncentiveShape.superRefine((terms, context) => {
  for (const { path, reason } of objectionsTo(terms))
    context.addIssue({ code: 'custom', path: [...path], message: reason });
}).meta({
  id: 'IncentiveTerms',
  description:
    'One way of earning. `unit` is the currency in which it is earned. Amounts in other currencies are converted to it, and `when.currencies` leaves some out. It is needed unless `pay.rule` is `percent` without a least and a most, which pays in the currency of each event. A unit may also be points of the program. `currency` then names the events that count, and nothing is converted',
});
export type IncentiveTerms = z.infer<typeof IncentiveTerms>;
