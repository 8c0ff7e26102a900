import { z } from 'zod';

import type { CurrencyCode } from '../../currency.ts';
import { Decimal, QUANTITY_MAX, whyNotAmount } from '../../fields.ts';
import { whole } from '../../fraction.ts';
import { formatMoney, MINOR_MAX, money, parseDecimal } from '../../money.ts';
import { isMoney, isReading } from './measure.ts';
import { bounds, type Objection, type Pay, type PayContext } from './pay.ts';

/** A fixed amount for each event, or for each unit of an event: a bonus, an activity reward, a SPIFF. */
export const FlatPay = z
  .strictObject({
    rule: z
      .literal('flat')
      .meta({ description: 'A fixed amount for each event or, where `measure` is `quantity`, for each unit' }),
    amount: Decimal,
    ...bounds,
  })
  .meta({ id: 'FlatPay' });
export type FlatPay = z.infer<typeof FlatPay>;

export function flatPay(terms: FlatPay, { measure, currency }: PayContext): Pay {
  const { minor: each } = parseDecimal(terms.amount, currency);
  const price = formatMoney(money(each, currency));
  return {
    exact: ({ volume }) => whole(volume * each),
    words: ({ volume }) => [
      measure === 'count' && volume === 1n
        ? `${price} for the event`
        : `${volume} × ${price} = ${formatMoney(money(volume * each, currency))}`,
    ],
  };
}

export function flatObjections({ amount }: FlatPay, measure: string, currency: CurrencyCode): Objection[] {
  const path = ['pay', 'amount'];
  const reason = whyNotAmount(amount, currency);
  if (reason) return [{ path, reason }];
  const each = parseDecimal(amount, currency).minor;
  if (each === 0n) return [{ path, reason: 'is 0, so nobody could ever earn by it' }];
  if (isMoney(measure) || isReading(measure))
    return [
      {
        path: ['measure'],
        reason: `is ${measure}, and a fixed amount is paid for each event (count) or unit (quantity)`,
      },
    ];
  // An event with the largest quantity must not earn more than can be stored, or its program would stand still.
  return measure === 'quantity' && each * BigInt(QUANTITY_MAX) > MINOR_MAX
    ? [{ path, reason: `"${amount}" is too large for each of up to ${QUANTITY_MAX} units` }]
    : [];
}
