import { whyNotAmount } from '../../fields.ts';
import type { UnitCode } from '../../unit.ts';
import { CUSTOMERS } from './measure.ts';
import { measureOfTerms, mostEachOf } from './measured.ts';
import { type Objection, objection } from './pay.ts';
import type { IncentiveShape } from './shape.ts';

/** The things that are wrong with the least and the most of a rule of payment. */

type Bounded = Exclude<IncentiveShape['pay'], { rule: 'share' }>;

const boundsIn = (pay: Bounded): [string, string][] =>
  Object.entries({ least: pay.least, most: pay.most, mostEach: mostEachOf({ pay }) }).flatMap(
    ([name, text]): [string, string][] => (text === undefined ? [] : [[name, text]]),
  );

/** Whether a rule names an amount of money as a bound. */
export const isBounded = (pay: Bounded): boolean => boundsIn(pay).length > 0;

export function boundObjections(pay: Bounded, currency: UnitCode): Objection[] {
  const unreadable = boundsIn(pay).flatMap(([name, text]): Objection[] => {
    const isNothing = name !== 'least' && !/[1-9]/.test(text);
    const reason = isNothing ? 'is 0, so nobody could ever earn by it' : whyNotAmount(text, currency);
    return reason === undefined ? [] : [{ path: ['pay', name], reason }];
  });
  if (unreadable.length > 0) return unreadable;
  const { least, most } = pay;
  const mostEach = mostEachOf({ pay });
  return [
    ...objection(
      least !== undefined && most !== undefined && Number(least) > Number(most),
      ['pay', 'least'],
      'is more than the most',
    ),
    ...objection(
      mostEach !== undefined && most !== undefined && Number(mostEach) >= Number(most),
      ['pay', 'mostEach'],
      'is not less than the most of the window, so it changes nothing',
    ),
  ];
}

/** A most for each event needs a window of events, each of which has an amount of its own. */
export function mostEachObjections(terms: IncentiveShape): Objection[] {
  if (mostEachOf(terms) === undefined) return [];
  const path = ['pay', 'mostEach'];
  const measure = measureOfTerms(terms);
  return [
    ...objection(
      terms.window === 'event',
      path,
      'is for the events of a window: most bounds an event that is paid by itself',
    ),
    ...objection(terms.against !== undefined, path, 'bounds what one event pays, and an event alone has no growth'),
    ...objection(
      measure === 'count' || measure === CUSTOMERS,
      path,
      `bounds what one event pays, and by ${measure} no event pays more than another`,
    ),
  ];
}
