import { z } from 'zod';

import { QUANTITY_MAX } from '../../fields.ts';
import { isLess, times, whole } from '../../fraction.ts';
import { MINOR_MAX } from '../../money.ts';
import type { UnitCode } from '../../unit.ts';
import { GROWTH, isMoney, isReading } from './measure.ts';
import { boundsOfEach, formatWorth, type Objection, type Pay, type PayContext } from './pay.ts';
import { formatPrice, Price, priceOf, whyNotPrice } from './price.ts';
import type { Window } from './window.ts';

/** A fixed amount for each event, or for each unit of an event: a bonus, an activity reward, a SPIFF. */
export const FlatPay = z
  .strictObject({
    rule: z
      .literal('flat')
      .meta({ description: 'A fixed amount for each event or, where `measure` is `quantity`, for each unit' }),
    amount: Price,
    ...boundsOfEach,
  })
  .meta({ id: 'FlatPay' });
export type FlatPay = z.infer<typeof FlatPay>;

export function flatPay(terms: FlatPay, { measure, currency }: PayContext): Pay {
  const each = priceOf(terms.amount, currency);
  const price = formatPrice(terms.amount, currency);
  return {
    exact: ({ volume }) => times(each, volume),
    words: ({ volume }) => [
      measure === 'count' && volume === 1n
        ? `${price} for the event`
        : `${volume} × ${price} = ${formatWorth(times(each, volume), currency)}`,
    ],
  };
}

export function flatObjections(
  { amount }: FlatPay,
  { measure, window, currency }: { measure: string; window: Window; currency: UnitCode },
): Objection[] {
  const path = ['pay', 'amount'];
  const reason = whyNotPrice(amount, currency);
  if (reason) return [{ path, reason }];
  const each = priceOf(amount, currency);
  if (each.numerator === 0n) return [{ path, reason: 'is 0, so nobody could ever earn by it' }];
  if (isMoney(measure) || measure === GROWTH || isReading(measure))
    return [
      {
        path: ['measure'],
        reason: `is ${measure}, and a fixed amount is paid for each event (count) or unit (quantity)`,
      },
    ];
  // Half of a minor unit is rounded to the even neighbour, which is 0.
  if (window === 'event' && measure === 'count' && !isLess(whole(1n), times(each, 2n)))
    return [
      { path: ['window'], reason: `is event, and ${amount} ${currency} alone is rounded to 0: choose a longer window` },
    ];
  // An event with the largest quantity must not earn more than can be stored, or its program would stand still.
  return measure === 'quantity' && isLess(whole(MINOR_MAX), times(each, BigInt(QUANTITY_MAX)))
    ? [{ path, reason: `"${amount}" is too large for each of up to ${QUANTITY_MAX} units` }]
    : [];
}
