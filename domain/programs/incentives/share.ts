import { z } from 'zod';

import { Decimal, whyNotAmount } from '../../fields.ts';
import { ZERO } from '../../fraction.ts';
import type { UnitCode } from '../../unit.ts';
import { isMoney, whyNotFrom } from './measure.ts';
import { type Objection, type Pay, Percent } from './pay.ts';

/** A pool of money that the partners of a program divide, each in proportion to the own measure. */
export const SharePay = z
  .strictObject({
    rule: z.literal('share').meta({
      description:
        'A part of a pool, which all partners of the program divide in proportion to their measures when the window is closed',
    }),
    pool: Decimal.meta({ description: 'The amount that is divided', examples: ['10000.00'] }).optional(),
    percentOfAll: Percent.meta({
      description: 'Instead of `pool`: the percentage of what all partners reached together that is divided',
      examples: ['2'],
    }).optional(),
    from: Decimal.meta({
      description:
        'The measure from which a partner takes part: a decimal string in major units of `unit` where money is measured, and otherwise a whole number',
      examples: ['1000.00'],
    }).optional(),
  })
  .meta({ id: 'SharePay' });
export type SharePay = z.infer<typeof SharePay>;

/** One partner's measures alone are worth nothing: a part depends on all partners, so a division says what it is. */
export const DIVIDED: Pay = { exact: () => ZERO, words: () => [] };

export function shareObjections(
  { pool, percentOfAll, from }: SharePay,
  { measure, currency, counted }: { measure: string; currency: UnitCode; counted: UnitCode },
): Objection[] {
  const at = (field: keyof SharePay, reason: string | undefined): Objection[] =>
    reason === undefined ? [] : [{ path: ['pay', field], reason }];
  const isZero = (text: string | undefined) => text !== undefined && !/[1-9]/.test(text);
  if ((pool === undefined) === (percentOfAll === undefined))
    return at('pool', 'and percentOfAll: exactly one of them says what is divided');
  return [
    ...at('pool', pool === undefined ? undefined : whyNotAmount(pool, currency)),
    ...at('pool', isZero(pool) ? 'is 0, so nobody could ever earn by it' : undefined),
    ...at('percentOfAll', isZero(percentOfAll) ? 'is 0, so nobody could ever earn by it' : undefined),
    ...at(
      'percentOfAll',
      percentOfAll !== undefined && !isMoney(measure)
        ? `is a share of money, and the measure is ${measure}`
        : undefined,
    ),
    ...at('from', from === undefined ? undefined : whyNotFrom(from, measure, counted)),
  ];
}
