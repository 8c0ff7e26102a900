import { z } from 'zod';

import { Decimal } from '../../fields.ts';
import { type Fraction, isLess, plus, whole, ZERO } from '../../fraction.ts';
import { formatMinor, formatMoney, money, parseDecimal } from '../../money.ts';
import { digitsOf, type UnitCode, withUnit } from '../../unit.ts';
import { formatMeasured } from './measure.ts';

/** The measures of a scope: what its events add up to. */
export type Measures = {
  /** The measure of the incentive, in minor units, units or events. */
  readonly volume: bigint;
  /**
   * The amount that a percentage applies to, in minor units, where it is not the measure itself. With a most for each event, the part of the
   * volume whose events are paid that most. Otherwise 0.
   */
  readonly of: bigint;
  /** The measure of the window that this one is compared with. With a most for each event, the pay of `of`, in minor units. Otherwise 0. */
  readonly base: bigint;
};

export const NOTHING: Measures = { volume: 0n, of: 0n, base: 0n };

/** The facts outside its own terms that a rule of payment needs: what is measured, and the unit in which it pays. */
export type PayContext = {
  readonly measure: string;
  /** The measure that a percentage applies to, where it is not `measure`. */
  readonly of: string | null;
  /** The unit in which it pays. */
  readonly currency: UnitCode;
  /** The currency of the amounts that are measured. It differs from the unit only where that is points. */
  readonly counted: UnitCode;
};

/** A rule of payment, ready to be asked. */
export type Pay = {
  /** The worth of measures in minor units, before rounding. */
  readonly exact: (measures: Measures) => Fraction;
  /** The calculation of `exact`, as sentences for a person. */
  readonly words: (measures: Measures) => string[];
  /** The volume at which the next step begins. Undefined where there is none. */
  readonly next?: (measures: Measures) => bigint | undefined;
  /** The measures of one event as they count in its window. Absent where they count as they are. */
  readonly counted?: (measures: Measures) => Measures;
};

/** A thing that is wrong with terms: where, and why. */
export type Objection = { readonly path: readonly (string | number)[]; readonly reason: string };

export const objection = (broken: boolean, path: Objection['path'], reason: string): Objection[] =>
  broken ? [{ path, reason }] : [];

/** A percentage from 0 to 100 with at most six digits after the point. Nobody earns more than the amount that counts. */
export const Percent = z
  .string()
  .regex(/^(100(\.0{1,6})?|\d{1,2}(\.\d{1,6})?)$/, 'is not 0 to 100 percent, such as 12.5')
  .meta({
    description: 'A percentage from 0 to 100 as a decimal string, with at most six decimals',
    examples: ['12.5'],
  });

/** The least and the most that one scope pays: one event, or one window. */
export const bounds = {
  least: Decimal.meta({
    description: 'The least that is paid once something is measured',
    examples: ['1.00'],
  }).optional(),
  most: Decimal.meta({ description: 'The most that is paid', examples: ['50.00'] }).optional(),
};
export type Bounds = { least?: string | undefined; most?: string | undefined };

/** The bounds of a rule that pays every part of a volume alike, so that each event of a window has an amount of its own. */
export const boundsOfEach = {
  ...bounds,
  mostEach: Decimal.meta({
    description: 'The most that is paid for one event of the window, while `most` is for the whole window',
    examples: ['50.00'],
  }).optional(),
};
export type BoundsOfEach = Bounds & { mostEach?: string | undefined };

/** The bounds, as an explanation names them. */
export const boundInputs = ({ least, most, mostEach }: BoundsOfEach, unit: UnitCode): Record<string, string> => ({
  ...(least === undefined ? {} : { least: withUnit(least, unit) }),
  ...(most === undefined ? {} : { most: withUnit(most, unit) }),
  ...(mostEach === undefined ? {} : { mostEach: withUnit(mostEach, unit) }),
});

/**
 * Keeps what a rule of payment pays for each event below a most. An event that would earn more counts apart, with that most as its pay. So
 * the measures of a window still add up, whatever the order of its events, and its worth is rounded once.
 */
export function boundedEach(pay: Pay, { mostEach }: BoundsOfEach, context: PayContext): Pay {
  if (mostEach === undefined) return pay;
  const { currency } = context;
  const { minor } = parseDecimal(mostEach, currency);
  const below = ({ volume, of }: Measures): Measures => ({ ...NOTHING, volume: volume - of });
  return {
    exact: (measures) => plus(pay.exact(below(measures)), whole(measures.base)),
    words: (measures) => [
      ...(measures.of > 0n && measures.of === measures.volume ? [] : pay.words(below(measures))),
      ...(measures.of > 0n
        ? [
            `at most ${withUnit(mostEach, currency)} for one event: ${formatMoney(money(measures.base, currency))} for ${formatVolume(measures.of, context)}`,
          ]
        : []),
    ],
    counted: (measures) =>
      isLess(whole(minor), pay.exact(measures)) ? { ...measures, of: measures.volume, base: minor } : measures,
  };
}

/** Keeps a rule of payment between its least and its most. */
export function bounded(pay: Pay, { least, most }: Bounds, context: PayContext): Pay {
  if (least === undefined && most === undefined) return pay;
  const minorOf = (text: string | undefined) =>
    text === undefined ? undefined : whole(parseDecimal(text, context.currency).minor);
  const [floor, ceiling] = [minorOf(least), minorOf(most)];
  const bound = (measures: Measures): { exact: Fraction; words: string[] } => {
    const exact = pay.exact(measures);
    if (measures.volume === 0n) return { exact: ZERO, words: [] };
    if (floor && isLess(exact, floor))
      return { exact: floor, words: [`at least ${withUnit(least ?? '', context.currency)}`] };
    if (ceiling && isLess(ceiling, exact))
      return { exact: ceiling, words: [`at most ${withUnit(most ?? '', context.currency)}`] };
    return { exact, words: [] };
  };
  return {
    ...pay,
    exact: (measures) => bound(measures).exact,
    words: (measures) => [...pay.words(measures), ...bound(measures).words],
  };
}

/** An exact amount as a decimal, cut after eight digits behind those of the unit. */
export function formatExact({ numerator, denominator }: Fraction, currency: UnitCode): string {
  const EXTRA_DIGITS = 8;
  const scaled = (numerator * 10n ** BigInt(EXTRA_DIGITS)) / denominator;
  const digits = formatMinor(scaled, digitsOf(currency) + EXTRA_DIGITS);
  return withUnit(digits.replace(/0+$/, '').replace(/\.$/, ''), currency);
}

/** An exact amount as people read it: `12.00 USD` where it is whole, and with more digits where it is not. */
export const formatWorth = (exact: Fraction, currency: UnitCode): string =>
  exact.denominator === 1n ? formatMoney(money(exact.numerator, currency)) : formatExact(exact, currency);

export const formatVolume = (value: bigint, { measure, counted }: PayContext): string =>
  formatMeasured(value, measure, counted);

export const formatOf = (value: bigint, { counted }: PayContext): string => formatMoney(money(value, counted));
