import type { CurrencyCode } from '../../currency.ts';
import { EXACT_AMOUNT } from '../../exact-amount.ts';
import { EVENTS_UNTIL } from '../../fields.ts';
import { boundObjections, isBounded, mostEachObjections } from './bound-objections.ts';
import { flatObjections } from './flat.ts';
import { isPoints } from '../../unit.ts';
import { CUSTOMER, CUSTOMERS, isMoney, isReading } from './measure.ts';
import { measureOfTerms, paidMeasure } from './measured.ts';
import { type Objection, objection } from './pay.ts';
import { percentObjections } from './percent.ts';
import { rateObjections } from './rate.ts';
import type { IncentiveShape } from './shape.ts';
import { shareObjections } from './share.ts';
import { stepsObjections } from './steps.ts';
import { CALENDAR_WINDOWS } from './window.ts';

/** The currency stands in for one that each event decides, where only the shape of amounts matters. */
const ANY_CURRENCY: CurrencyCode = 'USD';

/** Points and money are two things: a share of money is not points, and the currencies that earn points are not added up. */
function unitObjections(terms: IncentiveShape): Objection[] {
  const { pay, unit, currency } = terms;
  if (!isPoints(unit))
    return objection(
      currency !== undefined,
      ['currency'],
      'is only for a unit that is not money: the unit already names the currency of the events',
    );
  return [
    ...objection(
      pay.rule === 'percent',
      ['pay', 'rule'],
      `is percent, and a share of money is not points: use rate, such as "earn": "2", "per": "1.00"`,
    ),
    ...objection(
      currency === undefined && isMoney(measureOfTerms(terms)),
      ['currency'],
      'is needed: the currency of the events whose amounts count, because currencies are never added up',
    ),
  ];
}

function payObjections(terms: IncentiveShape): Objection[] {
  const { pay, unit, window } = terms;
  const measure = paidMeasure(terms);
  if (unit === undefined && (pay.rule !== 'percent' || isBounded(pay)))
    return [{ path: ['unit'], reason: 'is needed: the currency of the amounts in these terms' }];
  const currency = unit ?? ANY_CURRENCY;
  const counted = terms.currency ?? currency;
  if (pay.rule === 'share') return shareObjections(pay, { measure, currency, counted });
  const ofBounds = boundObjections(pay, currency);
  if (ofBounds.length > 0) return ofBounds;
  if (pay.rule === 'percent') return percentObjections(pay, measure);
  if (pay.rule === 'flat') return flatObjections(pay, { measure, window, currency });
  if (pay.rule === 'rate') return rateObjections(pay, measure, currency, counted);
  if (window === 'event' && measure === 'count' && pay.steps.every(({ from }) => Number(from) > 1))
    return [
      { path: ['window'], reason: 'is event, and one event never reaches the first step: choose a longer window' },
    ];
  const units = terms.against === 'quota' ? measureOfTerms(terms) : measure;
  return stepsObjections(pay, { measure, units, currency, counted });
}

const CALENDAR: readonly string[] = CALENDAR_WINDOWS;

function closingObjections(terms: IncentiveShape): Objection[] {
  const { window, first, against, growth, earned, graceDays, groupBy, lateAfterClose } = terms;
  const hasEnd = CALENDAR.includes(window) || window === 'promotion';
  return [
    ...objection(
      earned === 'at-close' && (!hasEnd || first !== undefined),
      ['earned'],
      'is at-close, which needs a window with an end',
    ),
    ...objection(
      graceDays > 0 && earned !== 'at-close',
      ['graceDays'],
      'are only for windows that are earned at-close',
    ),
    ...objection(
      lateAfterClose !== undefined && earned !== 'at-close',
      ['lateAfterClose'],
      'is only for windows that are earned at-close',
    ),
    ...objection(
      lateAfterClose === 'next-window' && window === 'promotion',
      ['lateAfterClose'],
      'is next-window, and no window follows a promotion',
    ),
    ...objection(
      lateAfterClose === 'next-window' && isReading(measureOfTerms(terms)),
      ['lateAfterClose'],
      'is next-window, and a reading counts in the window that it is about',
    ),
    ...objection(
      against !== undefined && !CALENDAR.includes(window),
      ['against'],
      'compares windows of the calendar: choose a month, quarter, half-year or year',
    ),
    ...objection(
      isReading(measureOfTerms(terms)) && (!hasEnd || against !== undefined || groupBy !== undefined),
      ['measure'],
      'is a reading, which needs a window with an end, and neither against nor groupBy',
    ),
    ...objection(
      growth === 'percent' && (against === undefined || against === 'quota'),
      ['growth'],
      'needs against: the window to compare with',
    ),
    ...objection(
      measureOfTerms(terms) === EXACT_AMOUNT && (against === 'quota' || growth === 'percent'),
      ['measure'],
      `is ${EXACT_AMOUNT}, which is not compared in percent: use amount`,
    ),
    ...quotaObjections(terms),
    ...customerObjections(terms),
  ];
}

function customerObjections(terms: IncentiveShape): Objection[] {
  if (measureOfTerms(terms) !== CUSTOMERS) return [];
  const { window, first, groupBy } = terms;
  return [
    ...objection(
      window === 'event' && first === undefined,
      ['window'],
      'is event, and customers are counted over several events: choose a longer window',
    ),
    ...objection(first !== undefined, ['first'], 'pays events one by one, and customers are counted together'),
    ...objection(groupBy === CUSTOMER, ['groupBy'], 'is customer, so that each window has one customer'),
  ];
}

function quotaObjections({ against, quota, groupBy, pay, unit }: IncentiveShape): Objection[] {
  const isQuota = against === 'quota';
  return [
    ...objection(quota !== undefined && !isQuota, ['quota'], 'is only for incentives with against quota'),
    ...objection(
      isQuota && pay.rule !== 'steps',
      ['pay', 'rule'],
      `is ${pay.rule}, and against a quota steps are paid: each begins at a percentage of the quota`,
    ),
    ...objection(isQuota && groupBy !== undefined, ['groupBy'], 'splits a window, and a quota is for the whole window'),
    ...objection(isQuota && isPoints(unit), ['unit'], 'is points, and a quota is compared with money, units or events'),
  ];
}

/** A payment covers a part of an amount, so only what is money can be earned in parts. */
function collectionObjections(terms: IncentiveShape): Objection[] {
  const { release, first, deduct, window } = terms;
  if (release !== 'collected') return [];
  const measure = measureOfTerms(terms);
  return [
    ...objection(first !== undefined, ['release'], 'is collected, and half a purchase is not one of the first'),
    ...objection(deduct, ['release'], 'is collected, and a deduction takes from what is earned already'),
    ...objection(isReading(measure), ['release'], 'is collected, and nobody pays a reading'),
    ...objection(
      measure === EXACT_AMOUNT,
      ['release'],
      `is collected, and payments have the digits of their currency: measure amount, and not ${EXACT_AMOUNT}`,
    ),
    ...objection(
      window !== 'event' && !isMoney(measure) && !isReading(measure),
      ['release'],
      `is collected, which counts in a window as far as it is paid, and ${measure} cannot be paid in parts`,
    ),
  ];
}

/** A pool is divided once its window is over, among the partners whose own events count there. */
function poolObjections(terms: IncentiveShape): Objection[] {
  if (terms.pay.rule !== 'share') return [];
  const { earned, first, groupBy, against, payTo, release, unit, lateAfterClose = 're-rate' } = terms;
  return [
    ...objection(
      earned !== 'at-close',
      ['earned'],
      `is ${earned}, and a pool is divided when its window is over: choose at-close`,
    ),
    ...objection(first !== undefined, ['first'], 'pays purchases one by one, and a pool is divided by a whole window'),
    ...objection(groupBy !== undefined, ['groupBy'], 'splits a window, and a partner has one part of a pool'),
    ...objection(against !== undefined, ['against'], 'compares windows of one partner, and a pool compares partners'),
    ...objection(payTo === 'parent', ['payTo'], 'is parent, and a pool is for the partners of the events'),
    ...objection(
      release === 'collected',
      ['release'],
      'is collected, and each payment would change the parts of all partners',
    ),
    ...objection(
      lateAfterClose !== 're-rate',
      ['lateAfterClose'],
      `is ${lateAfterClose}, and a pool is divided again for a late event`,
    ),
    ...objection(isReading(measureOfTerms(terms)), ['measure'], 'is a reading, and readings do not add up'),
    ...objection(isPoints(unit), ['unit'], 'is points, and a pool is an amount of money'),
  ];
}

/** A budget has one unit. It pays what is earned, and a deduction earns nothing. */
const budgetObjections = ({ budget, unit, deduct, pay }: IncentiveShape): Objection[] =>
  budget === undefined
    ? []
    : [
        ...objection(deduct, ['budget'], 'is for what is earned, and a deduction earns nothing'),
        ...objection(pay.rule === 'share', ['budget'], 'limits what is earned, and a pool has an amount of its own'),
        ...objection(unit === undefined, ['unit'], 'is needed with a budget: the unit of the budget'),
      ];

function shapeObjections(terms: IncentiveShape): Objection[] {
  const { when, window, groupBy, first, deduct, payTo, level, rates, unit } = terms;
  const { from, until } = when;
  return [
    ...closingObjections(terms),
    ...collectionObjections(terms),
    ...poolObjections(terms),
    ...mostEachObjections(terms),
    ...budgetObjections(terms),
    ...objection(
      rates !== undefined && (unit === undefined || isPoints(unit)),
      ['unit'],
      'is needed with rates: the currency to convert to',
    ),
    ...objection(
      when.currencies !== undefined && terms.currency !== undefined,
      ['when', 'currencies'],
      'are not for points: currency names the events that count',
    ),
    ...objection(
      terms.earned === 'at-close' && window === 'promotion' && until !== undefined && until > EVENTS_UNTIL,
      ['when', 'until'],
      `is after ${EVENTS_UNTIL}, so the window is never closed`,
    ),
    ...objection(from !== undefined && until !== undefined && from >= until, ['when', 'until'], 'is not after from'),
    ...objection(
      window === 'promotion' && (from === undefined || until === undefined),
      ['window'],
      'is promotion, which needs when.from and when.until',
    ),
    ...objection(first !== undefined && groupBy === undefined, ['groupBy'], 'is needed with first: whose first events'),
    ...objection(
      first !== undefined && window !== 'event',
      ['window'],
      'is not event: the first events of a customer are paid one by one',
    ),
    ...objection(
      groupBy !== undefined && first === undefined && window === 'event',
      ['groupBy'],
      'changes nothing where each event is paid by itself: choose a window, or first',
    ),
    ...objection(
      deduct && (window !== 'event' || first !== undefined),
      ['deduct'],
      'is only for incentives that pay each event',
    ),
    ...objection(level !== undefined && payTo !== 'parent', ['level'], 'is only for incentives with payTo parent'),
    ...objection(
      deduct && payTo === 'parent',
      ['deduct'],
      'takes from what the event earns its own partner, so it is not for payTo parent',
    ),
    ...objection(
      isReading(measureOfTerms(terms)) && payTo === 'parent',
      ['payTo'],
      'is parent, and a reading is about one partner, so it does not add up above them',
    ),
  ];
}

/** Everything that is wrong with the fields of an incentive together. */
export function objectionsTo(terms: IncentiveShape): Objection[] {
  const ofUnit = unitObjections(terms);
  return [...shapeObjections(terms), ...(ofUnit.length > 0 ? ofUnit : payObjections(terms))];
}
