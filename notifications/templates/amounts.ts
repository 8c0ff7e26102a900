import { METHOD_NAMES } from '../../domain/rails.ts';
import type { Totals } from '../notification.ts';

/** `1 payout`, `12 payouts`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One line for each method and currency. */
export const totalLines = (totals: Totals): string =>
  totals
    .map(
      ({ method, currency, count, amount }) =>
        `  ${amount} ${currency} by ${METHOD_NAMES[method]} (${countOf(count, 'payout')})`,
    )
    .join('\n');
