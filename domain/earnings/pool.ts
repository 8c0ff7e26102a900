import { divideHalfEven, formatMinor, formatMoney, money, parseDecimal, parsePercent, split } from '../money.ts';
import { contextOf, type IncentiveTerms, measureOfTerms } from '../programs/incentives/index.ts';
import { formatMeasured, readFrom } from '../programs/incentives/measure.ts';
import type { SharePay } from '../programs/incentives/share.ts';

/** A pool is divided among the windows of all partners that count for it, as the name of their measure says. */

export const OF_POOL = 'of a pool';

/** Whether a window counts for a pool. */
export const isOfPool = ({ measure }: { readonly measure: string }): boolean => measure.endsWith(` ${OF_POOL}`);

export type DividingTerms = IncentiveTerms & { readonly pay: SharePay };
export const isDividing = (terms: IncentiveTerms): terms is DividingTerms => terms.pay.rule === 'share';

/** The currency of the pool. Terms that divide one name it. */
const contextFor = (terms: DividingTerms) => contextOf(terms, terms.unit ?? 'USD');

/** The measure from which a partner takes part. 0 where each does who reached anything. */
export function leastVolume(terms: DividingTerms): bigint {
  const { from } = terms.pay;
  return from === undefined ? 0n : readFrom(from, measureOfTerms(terms), contextFor(terms).counted);
}

/** The amount that is divided, in minor units, where all partners together reached so much. */
export function poolOf(terms: DividingTerms, all: bigint): bigint {
  const { pool, percentOfAll } = terms.pay;
  if (percentOfAll === undefined) return parseDecimal(pool ?? '0', contextFor(terms).currency).minor;
  const { numerator, denominator } = parsePercent(percentOfAll);
  return divideHalfEven(all * numerator, denominator);
}

/** The sum of what the partners who take part reached, the pool, and the part of each partner. Amounts are minor units. */
export type Division = {
  readonly total: bigint;
  readonly poolMinor: bigint;
  readonly parts: readonly bigint[];
};

/**
 * Divides a pool in proportion to the measures of partners. The parts add up to the pool: spare minor units go to the largest remainders,
 * and ties go to the partner who comes first. Where nobody reached anything that counts, nobody earns.
 */
export function divide(terms: DividingTerms, volumes: readonly bigint[]): Division {
  const least = leastVolume(terms);
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  const counted = volumes.map((volume) => (volume >= least ? volume : 0n));
  const total = sum(counted);
  const poolMinor = poolOf(terms, sum(volumes));
  return { total, poolMinor, parts: total === 0n ? volumes.map(() => 0n) : split(poolMinor, counted) };
}

/** The part that a measure would get now, in minor units, before spare minor units are given out. */
export const partSoFar = (volume: bigint, { total, poolMinor }: Pick<Division, 'total' | 'poolMinor'>): bigint =>
  total === 0n ? 0n : divideHalfEven(poolMinor * volume, total);

/** A part of a division, as it was recorded. */
export type Part = Pick<Division, 'total' | 'poolMinor'> & { readonly volume: bigint };

const PERCENT_DIGITS = 2;

/** A partner's measure as a percentage of what all reached who take part: `20 %`. The total itself is for the staff alone. */
export function percentage(volume: bigint, total: bigint): string {
  const hundredths = total === 0n ? 0n : divideHalfEven(volume * 10_000n, total);
  return `${formatMinor(hundredths, PERCENT_DIGITS).replace(/\.?0+$/, '')} %`;
}

/** The reason why a measure gets no part, or undefined. */
export function whyNoPart(terms: DividingTerms, { volume, total }: Pick<Part, 'volume' | 'total'>): string | undefined {
  const { counted } = contextFor(terms);
  const print = (value: bigint) => formatMeasured(value, measureOfTerms(terms), counted);
  const least = leastVolume(terms);
  if (volume < least) return `${print(volume)} is less than ${print(least)}, from which a partner takes part`;
  return total === 0n ? 'nobody reached anything that counts, so nobody earns' : undefined;
}

/** Says when an event counts in a division. */
export const dividedWords = (closesOn: string): string =>
  `the pool is divided when the window is closed, on ${closesOn}, and again in the night after a later change`;

/** Says how a part was worked out, and what of it was earned before. */
export function partWords(
  terms: DividingTerms,
  part: Part,
  { before: was, minor }: { readonly before: { readonly minor: bigint } | null; readonly minor: bigint },
): string[] {
  const { currency, counted } = contextFor(terms);
  const print = (amount: bigint) => formatMoney(money(amount, currency));
  const before = was?.minor ?? 0n;
  const less = before === 0n ? [] : [`less ${print(before)} earned before: ${print(minor)}`];
  const none = whyNoPart(terms, part);
  if (none !== undefined) return [none, ...less];
  const volume = formatMeasured(part.volume, measureOfTerms(terms), counted);
  return [
    `${volume} is ${percentage(part.volume, part.total)} of what all partners reached who take part`,
    `the part of the pool of ${print(part.poolMinor)} is ${print(before + minor)}, rounded so that all parts add up to the pool`,
    ...less,
  ];
}
