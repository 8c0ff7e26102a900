import { z } from 'zod';

import type { CurrencyCode } from '../../currency.ts';
import { Currency, Decimal, QUANTITY_MAX, whyNotAmount } from '../../fields.ts';
import { formatMoney, MINOR_MAX, money, parseDecimal } from '../../money.ts';
import { commonTerms, type Incentive } from './incentive.ts';

/** A fixed amount for each event, or for each unit of an event: a bonus, an activity reward, a SPIFF. */
export const FlatTerms = z
  .strictObject({
    ...commonTerms,
    rule: z.literal('flat').meta({ description: 'A fixed amount for each event, or for each unit of it' }),
    amount: Decimal,
    currency: Currency,
    perUnit: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether `amount` is earned for each unit of `quantity`; otherwise for each event' }),
  })
  .superRefine(({ amount, currency, perUnit }, context) => {
    const reason = whyNotAmount(amount, currency) ?? whyNotEach(amount, currency, perUnit);
    if (reason) context.addIssue({ code: 'custom', path: ['amount'], message: reason });
  })
  .meta({ id: 'FlatTerms' });
export type FlatTerms = z.infer<typeof FlatTerms>;

/** An event with the largest quantity must not earn more than can be stored, or its program would stand still. */
function whyNotEach(amount: string, currency: CurrencyCode, perUnit: boolean): string | undefined {
  const isTooLarge = perUnit && parseDecimal(amount, currency).minor * BigInt(QUANTITY_MAX) > MINOR_MAX;
  return isTooLarge ? `"${amount}" is too large for each of up to ${QUANTITY_MAX} units` : undefined;
}

export const flat: Incentive<FlatTerms> = {
  windowStart: () => null,
  whyNever: ({ amount, currency }) => (parseDecimal(amount, currency).minor === 0n ? 'pays an amount of 0' : undefined),
  earn(terms, { event }) {
    if (terms.perUnit && event.quantity === null) return undefined;
    const { minor: each, currency } = parseDecimal(terms.amount, terms.currency);
    const units = terms.perUnit ? (event.quantity ?? 0) : 1;
    const minor = each * BigInt(units);
    const quantity = terms.perUnit ? { quantity: String(units) } : {};
    return {
      minor,
      currency,
      basisMinor: 0n,
      explanation: {
        rule: terms.rule,
        inputs: { each: formatMoney(money(each, currency)), ...quantity },
        steps: [
          terms.perUnit
            ? `${units} × ${formatMoney(money(each, currency))} = ${formatMoney(money(minor, currency))}`
            : `${formatMoney(money(minor, currency))} for each ${event.kind}`,
        ],
        rounding: 'half-even',
      },
    };
  },
};
