import type { CurrencyCode } from '../currency.ts';
import { exponentOf } from '../currency.ts';
import { type Fraction } from '../fraction.ts';
import { divideHalfEven, parseMinor } from '../money.ts';
import { digitsOf, type PointsCode } from '../unit.ts';
import { type ProposalDecider, type Refusal, whyNotDecideProposal } from './proposal.ts';

export const CONVERSION_STATUSES = ['proposed', 'confirmed', 'refused'] as const;
export type ConversionStatus = (typeof CONVERSION_STATUSES)[number];

const RATE_DIGITS = 9;

/** The money that points are worth, in smallest units for each smallest unit, from the rate for one whole unit such as `0.005`. */
export const rateOf = (rate: string, unit: PointsCode, currency: CurrencyCode): Fraction => ({
  numerator: parseMinor(rate, RATE_DIGITS) * 10n ** BigInt(exponentOf(currency)),
  denominator: 10n ** BigInt(RATE_DIGITS + digitsOf(unit)),
});

/** The worth of points in smallest units of money, half-even. */
export const worthOfPoints = (points: bigint, { numerator, denominator }: Fraction): bigint =>
  divideHalfEven(points * numerator, denominator);

/**
 * Converts points to money: the fewest points that make the whole cents of all of them. The others make no whole cent, and stay points.
 * The amount is rounded once, half-even. It has a fraction only where one point is worth more than a cent.
 */
export function convert(asked: bigint, rate: Fraction): { points: bigint; minor: bigint } {
  const { numerator, denominator } = rate;
  const wholeCents = (asked * numerator) / denominator;
  const points = (wholeCents * denominator + numerator - 1n) / numerator;
  return { points, minor: worthOfPoints(points, rate) };
}

/** The reason why a person may not confirm or refuse a conversion, or undefined. */
export const whyNotDecideConversion = (
  conversion: { status: ConversionStatus; proposedById: string; proposedBy: string },
  decider: ProposalDecider,
  decision: 'confirm' | 'refuse',
): Refusal | undefined =>
  conversion.status === 'proposed'
    ? whyNotDecideProposal(conversion, decider, decision === 'confirm')
    : {
        code: 'conversion_not_open',
        message: `The conversion is ${conversion.status}. Nothing was recorded. Only an open proposal can be decided.`,
      };
