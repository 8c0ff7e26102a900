import { z } from 'zod';

import { parsePercent, takeShare } from '../../money.ts';
import { basisOf, basisTerm, commonTerms, type Incentive, Percent, say, sayExactly } from './incentive.ts';

/** A commission: a share of what each event was worth. */
export const PercentTerms = z
  .strictObject({
    ...commonTerms,
    rule: z.literal('percent').meta({ description: 'A share of what each event was worth' }),
    basis: basisTerm,
    percent: Percent,
  })
  .meta({ id: 'PercentTerms' });
export type PercentTerms = z.infer<typeof PercentTerms>;

export const percent: Incentive<PercentTerms> = {
  windowStart: () => null,
  earn(terms, { event }) {
    const basis = basisOf(event, terms.basis);
    if (!basis) return undefined;
    const rate = parsePercent(terms.percent);
    const { minor, currency } = takeShare(basis, rate);
    const exactly = sayExactly(basis.minor * rate.numerator, rate.denominator, currency);
    return {
      minor,
      currency,
      basisMinor: basis.minor,
      explanation: {
        rule: terms.rule,
        inputs: { [terms.basis]: say(basis.minor, currency), percent: terms.percent },
        steps: [
          `${terms.percent} % of ${say(basis.minor, currency)} is ${exactly}`,
          `rounded: ${say(minor, currency)}`,
        ],
        rounding: 'half-even',
      },
    };
  },
};
