import type { CurrencyCode } from '../currency.ts';
import { type IncentiveTerms, levelOf, measureOfTerms } from './incentives/index.ts';
import { isMoney } from './incentives/measure.ts';
import type { When } from './incentives/when.ts';
import { isPoints } from '../unit.ts';

/** Whether two incentives of a plan are for the same events, as far as their terms alone can tell. */

const intersect = <Item>(some: readonly Item[] | undefined, others: readonly Item[] | undefined): boolean =>
  some === undefined || others === undefined || some.some((item) => others.includes(item));

const includesAll = <Item>(some: readonly Item[] | undefined, others: readonly Item[] | undefined): boolean =>
  some === undefined || (others !== undefined && others.every((item) => some.includes(item)));

/** The currencies of the events that an incentive is for. Undefined for all. */
const currenciesOf = ({ when, currency }: IncentiveTerms): readonly CurrencyCode[] | undefined =>
  when.currencies ?? (currency === undefined ? undefined : [currency]);

const BEGINNING = '';
const END = '~';

/** Whether one event can meet the conditions of both. Partners may have several facts of a key, so facts say nothing. */
function canMeet(one: When, other: When): boolean {
  const shared = Object.entries(one.event ?? {}).filter(([name]) => Object.hasOwn(other.event ?? {}, name));
  return (
    intersect(one.kinds, other.kinds) &&
    (one.from ?? BEGINNING) < (other.until ?? END) &&
    (other.from ?? BEGINNING) < (one.until ?? END) &&
    shared.every(([name, values]) => intersect(values, other.event?.[name])) &&
    intersect(one.partner?.kind, other.partner?.kind)
  );
}

/** Whether one event can earn by both incentives in one currency or unit. */
export function canMeetInUnit(one: IncentiveTerms, other: IncentiveTerms): boolean {
  if (!canMeet(one.when, other.when)) return false;
  const [currencies, others] = [currenciesOf(one), currenciesOf(other)];
  const unit = one.unit ?? other.unit;
  if (unit === undefined) return intersect(currencies, others);
  if (one.unit === undefined || other.unit === undefined)
    return !isPoints(unit) && intersect(currencies, [unit]) && intersect(others, [unit]);
  // Events without a currency are for both.
  const areCounted = ![one, other].some((terms) => isMoney(measureOfTerms(terms)));
  return one.unit === other.unit && (areCounted || intersect(currencies, others));
}

/** Whether an incentive is for every event that another one is for, and measures the same of it. */
export const covers = (one: IncentiveTerms, other: IncentiveTerms): boolean =>
  includesAll(one.when.kinds, other.when.kinds) &&
  (one.when.from ?? BEGINNING) <= (other.when.from ?? BEGINNING) &&
  (one.when.until ?? END) >= (other.when.until ?? END) &&
  Object.entries(one.when.event ?? {}).every(([name, values]) => includesAll(values, other.when.event?.[name])) &&
  (one.when.partner === undefined || isSame(one.when.partner, other.when.partner)) &&
  includesAll(currenciesOf(one), currenciesOf(other)) &&
  (one.unit === undefined || one.unit === other.unit) &&
  measureOfTerms(one) === measureOfTerms(other) &&
  levelOf(one) === levelOf(other);

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether an incentive never pays less for an event than another one that it covers, because both pay a percentage or a fixed amount. */
export function paysAtLeast({ pay, ...one }: IncentiveTerms, { pay: less, ...other }: IncentiveTerms): boolean {
  if (one.unit !== other.unit || one.onRefund !== other.onRefund || one.release !== other.release) return false;
  if (one.budget !== undefined || other.budget !== undefined) return false;
  if (pay.rule === 'percent' && less.rule === 'percent')
    return isUnbounded(pay) && isUnbounded(less) && Number(pay.percent) >= Number(less.percent);
  if (pay.rule === 'flat' && less.rule === 'flat')
    return isUnbounded(pay) && isUnbounded(less) && Number(pay.amount) >= Number(less.amount);
  return false;
}

const isUnbounded = ({ least, most }: { least?: string | undefined; most?: string | undefined }): boolean =>
  least === undefined && most === undefined;
