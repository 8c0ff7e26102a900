import { formatMoney, money } from '../money.ts';
import { contextOf, type IncentiveTerms, type Measures, payOf } from '../programs/incentives/index.ts';
import { formatVolume } from '../programs/incentives/pay.ts';
import type { UnitCode } from '../unit.ts';
import { lessBefore } from './budget.ts';
import type { Before } from './change.ts';
import { worthOf } from './scope.ts';

/** An earning of an incentive that counts only the first events of a customer, in words. */

type AmongFirst = {
  readonly kind: string;
  readonly before: Before | null;
  readonly currency: UnitCode;
  readonly minor: bigint;
  readonly measures: Measures;
  readonly scope: { readonly group: string } | null;
};

/** Says which events count, and what they are worth together. An event may add nothing, such as one after the months. */
export function firstsWords(
  { kind, before, currency, minor, measures, scope }: AmongFirst,
  terms: IncentiveTerms,
  first: NonNullable<IncentiveTerms['first']>,
): string[] {
  const customer = scope?.group ?? '';
  const limit = 'events' in first ? String(first.events) : first.months === 1 ? 'month' : `${first.months} months`;
  const addsNothing = minor === 0n && worthOf(terms, measures, currency) > 0n;
  const itself = addsNothing
    ? [`the ${kind} adds nothing: it came after the first ${limit} of ${customer}, or moved as much out of them`]
    : measures.volume > 0n
      ? payOf(terms, currency).words(measures)
      : [`${formatVolume(measures.volume, contextOf(terms, currency))} changed`];
  return [
    `only the first ${limit} of each ${terms.groupBy} count; ${before?.counted ?? 0} of ${customer} were known before`,
    ...itself,
    `together they are worth ${formatMoney(money((before?.minor ?? 0n) + minor, currency))}`,
    lessBefore(before ?? { minor: 0n }, minor, currency),
  ];
}
