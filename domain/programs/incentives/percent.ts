import { z } from 'zod';

import { parsePercent } from '../../money.ts';
import { boundsOfEach, formatExact, formatVolume, type Objection, type Pay, type PayContext, Percent } from './pay.ts';
import { isMoney, partsInMinor } from './measure.ts';

/** A commission: a share of the measured amount. */
export const PercentPay = z
  .strictObject({
    rule: z.literal('percent').meta({ description: 'A share of the measured amount' }),
    percent: Percent,
    ...boundsOfEach,
  })
  .meta({ id: 'PercentPay' });
export type PercentPay = z.infer<typeof PercentPay>;

export function percentPay(terms: PercentPay, context: PayContext): Pay {
  const { numerator: rate, denominator } = parsePercent(terms.percent);
  const parts = denominator * partsInMinor(context.measure);
  const exact = (volume: bigint) => ({ numerator: volume * rate, denominator: parts });
  return {
    exact: ({ volume }) => exact(volume),
    words: ({ volume }) => [
      `${terms.percent} % of ${formatVolume(volume, context)} is ${formatExact(exact(volume), context.currency)}`,
    ],
  };
}

export const percentObjections = ({ percent }: PercentPay, measure: string): Objection[] => [
  ...(isMoney(measure)
    ? []
    : [{ path: ['measure'], reason: `is ${measure}, and a percentage needs an amount of money` }]),
  ...(parsePercent(percent).numerator === 0n
    ? [{ path: ['pay', 'percent'], reason: 'is 0, so nobody could ever earn by it' }]
    : []),
];
