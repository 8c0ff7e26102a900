import { METHOD_NAMES } from '../../domain/rails.ts';
import type { NoticePart } from '../../domain/tasks/notice-content.ts';
import type { Totals } from '../notification.ts';

/** `1 payout`, `12 payouts`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One row for each method and currency. */
export const totalsOf = (title: string, totals: Totals): NoticePart => ({
  is: 'totals',
  title,
  rows: totals.map(({ method, currency, count, amount }) => ({
    amount: `${amount} ${currency}`,
    about: `by ${METHOD_NAMES[method]} (${countOf(count, 'payout')})`,
  })),
});
