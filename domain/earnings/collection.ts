import type { CurrencyCode } from '../currency.ts';
import type { RemainingEvent } from '../event.ts';
import { type Fraction, times } from '../fraction.ts';
import { divideHalfEven } from '../money.ts';
import type { Measures } from '../programs/incentives/pay.ts';
import { rounded } from './scope.ts';

/** The part of what is left of an event that was paid. Amounts are minor units of the event's currency. */
export type Collected = {
  readonly minor: bigint;
  /** The main amount of the event, less its refunds: all that is to be paid. */
  readonly of: bigint;
  readonly currency: CurrencyCode;
};

/** The collected part of an event. Null where it has no amount, so that nobody can say whether it is paid. */
export const collectedOf = ({ collectedMinor, minor, currency }: RemainingEvent): Collected | null =>
  minor === null || currency === null ? null : { minor: collectedMinor, of: minor, currency };

/** An event for which nothing is to be paid is paid. */
const isAll = ({ minor, of }: Collected): boolean => minor >= of;

/** The collected part of an exact amount, as minor units, and the part that still waits for its payment. Together they are its worth. */
export function splitWorth(exact: Fraction, collected: Collected): { minor: bigint; uncollectedMinor: bigint } {
  const whole = rounded(exact);
  if (isAll(collected)) return { minor: whole, uncollectedMinor: 0n };
  const { numerator, denominator } = times(exact, collected.minor);
  const minor = rounded({ numerator, denominator: denominator * collected.of });
  return { minor, uncollectedMinor: whole - minor };
}

/** The measures of money that count in a window: those of the collected part, half-even. */
export function collectedMeasures(measures: Measures, collected: Collected): Measures {
  if (isAll(collected)) return measures;
  const part = (value: bigint): bigint => divideHalfEven(value * collected.minor, collected.of);
  return { volume: part(measures.volume), of: part(measures.of), base: part(measures.base) };
}
