import { z } from 'zod';

import { Decimal, whyNotAmount } from '../../fields.ts';
import { isLess, whole } from '../../fraction.ts';
import { parseDecimal } from '../../money.ts';
import { isPoints, type UnitCode, withUnit } from '../../unit.ts';
import { isMoney, partsInMinor } from './measure.ts';
import { boundsOfEach, formatExact, formatVolume, type Objection, type Pay, type PayContext } from './pay.ts';
import { formatPrice, Price, priceOf, whyNotPrice } from './price.ts';

/** Points for an amount of money, such as 2 points for each 1.00. Money itself is paid by percent. */
export const RatePay = z
  .strictObject({
    rule: z.literal('rate').meta({ description: 'Points for an amount of money' }),
    earn: Price.meta({ description: 'How many points are earned for each `per`', examples: ['2'] }),
    per: Decimal.meta({
      description: 'The amount of `currency` for which they are earned. A part of it earns a part of them',
      examples: ['1.00'],
    }),
    ...boundsOfEach,
  })
  .meta({ id: 'RatePay' });
export type RatePay = z.infer<typeof RatePay>;

export function ratePay(terms: RatePay, context: PayContext): Pay {
  const { currency, counted, measure } = context;
  const each = priceOf(terms.earn, currency);
  const denominator = each.denominator * parseDecimal(terms.per, counted).minor * partsInMinor(measure);
  const exact = (volume: bigint) => ({ numerator: volume * each.numerator, denominator });
  const price = `${formatPrice(terms.earn, currency)} for each ${withUnit(terms.per, counted)}`;
  return {
    exact: ({ volume }) => exact(volume),
    words: ({ volume }) => [`${price} of ${formatVolume(volume, context)} is ${formatExact(exact(volume), currency)}`],
  };
}

/** A hundred million points for a dollar is a mistake, and would earn more than can be stored. */
const EARN_FOR_MINOR_MAX = 10_000n;

export function rateObjections(
  { earn, per }: RatePay,
  measure: string,
  unit: UnitCode,
  counted: UnitCode,
): Objection[] {
  if (!isPoints(unit))
    return [{ path: ['pay', 'rule'], reason: `is rate, which earns points, but the unit is ${unit}: use percent` }];
  if (!isMoney(measure))
    return [{ path: ['measure'], reason: `is ${measure}, and a rate is for an amount of money: use flat or steps` }];
  const reasons = [
    { path: ['pay', 'earn'], reason: whyNotPrice(earn, unit) },
    { path: ['pay', 'per'], reason: whyNotAmount(per, counted) },
  ].flatMap(({ path, reason }) => (reason === undefined ? [] : [{ path, reason }]));
  if (reasons.length > 0) return reasons;
  const each = priceOf(earn, unit);
  const of = parseDecimal(per, counted).minor;
  if (of === 0n) return [{ path: ['pay', 'per'], reason: 'is 0, and nothing can be earned for each 0' }];
  if (each.numerator === 0n) return [{ path: ['pay', 'earn'], reason: 'is 0, so nobody could ever earn by it' }];
  return isLess(whole(of * EARN_FOR_MINOR_MAX), each)
    ? [{ path: ['pay', 'earn'], reason: `is too much for each ${withUnit(per, counted)}` }]
    : [];
}
