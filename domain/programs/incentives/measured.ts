import { GROWTH, isMoney } from './measure.ts';
import type { IncentiveShape } from './shape.ts';

/** The measure of events by an incentive. Fixed amounts count events, and everything else measures the main amount. */
export const measureOfTerms = ({ measure, pay }: Pick<IncentiveShape, 'measure' | 'pay'>): string =>
  measure ?? (pay.rule === 'flat' ? 'count' : 'amount');

/** The measure that a percentage applies to, where it is not the measure itself. */
export function ofMeasure(terms: Pick<IncentiveShape, 'measure' | 'pay' | 'against' | 'growth'>): string | null {
  const { pay } = terms;
  if (pay.rule !== 'steps' || pay.steps[0]?.percent === undefined) return null;
  const measure = measureOfTerms(terms);
  if (isMoney(measure) && isPercentOfGrowth(terms)) return pay.of ?? measure;
  return pay.of ?? (isMoney(measure) ? null : 'amount');
}

const isPercentOfGrowth = ({ against, growth }: Pick<IncentiveShape, 'against' | 'growth'>): boolean =>
  against === 'quota' || (against !== undefined && growth === 'percent');

/** The measure that the rule of payment looks at: that of the events, or the growth in percent. */
export const paidMeasure = (terms: Pick<IncentiveShape, 'measure' | 'pay' | 'against' | 'growth'>): string =>
  isPercentOfGrowth(terms) ? GROWTH : measureOfTerms(terms);

/** How far above the partner of an event the earning partner is: 0 is the partner, 1 the parent. */
export const levelOf = ({ payTo, level }: Pick<IncentiveShape, 'payTo' | 'level'>): number =>
  payTo === 'parent' ? (level ?? 1) : 0;

/** Whether an event that comes after the close of its window does not count there. */
export const mindsLate = ({ lateAfterClose = 're-rate' }: Pick<IncentiveShape, 'lateAfterClose'>): boolean =>
  lateAfterClose !== 're-rate';

/** The most that is paid for one event of a window. Undefined where there is none. */
export const mostEachOf = ({ pay }: Pick<IncentiveShape, 'pay'>): string | undefined =>
  'mostEach' in pay ? pay.mostEach : undefined;
