import { z } from 'zod';

import { formatMoney, money, parsePercent, takeShare } from '../../money.ts';
import { basisOf, basisTerm, commonTerms, formatUnrounded, type Incentive, Percent } from './incentive.ts';

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
  whyNever: ({ percent: rate }) => (parsePercent(rate).numerator === 0n ? 'pays 0 percent' : undefined),
  earn(terms, { event }) {
    const basis = basisOf(event, terms.basis);
    if (!basis) return undefined;
    const rate = parsePercent(terms.percent);
    const { minor, currency } = takeShare(basis, rate);
    const exactly = formatUnrounded(basis.minor * rate.numerator, rate.denominator, currency);
    return {
      minor,
      currency,
      basisMinor: basis.minor,
      explanation: {
        rule: terms.rule,
        inputs: { [terms.basis]: formatMoney(money(basis.minor, currency)), percent: terms.percent },
        steps: [
          `${terms.percent} % of ${formatMoney(money(basis.minor, currency))} is ${exactly}`,
          `rounded: ${formatMoney(money(minor, currency))}`,
        ],
        rounding: 'half-even',
      },
    };
  },
};
