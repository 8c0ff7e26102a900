import { z } from 'zod';

import { Decimal, QUANTITY_MAX, whyNotAmount } from '../../fields.ts';
import { type Fraction, isLess, over, plus, times, whole, ZERO } from '../../fraction.ts';
import { formatMinor, formatMoney, MINOR_MAX, money, parseDecimal, parsePercent } from '../../money.ts';
import { isPoints } from '../../unit.ts';
import { GROWTH, isMoney, isReading, partsInMinor, readFrom, WHOLE_PERCENTAGE, whyNotFrom } from './measure.ts';
import {
  bounds,
  formatExact,
  formatOf,
  formatVolume,
  type Measures,
  type Objection,
  type Pay,
  type PayContext,
  Percent,
} from './pay.ts';
import { formatPrice, Price, priceOf, whyNotPrice } from './price.ts';

const STEPS_MAX = 20;
/** The ways in which a step pays. All steps of one list pay in the same way. */
const WAYS = ['percent', 'perUnit', 'amount'] as const;
type Way = (typeof WAYS)[number];

const Step = z
  .strictObject({
    from: Decimal.meta({
      description:
        'The volume at which the step begins: a decimal string in major units of `unit` where money is measured, and otherwise a whole number: `3` begins with the third',
      examples: ['10000.00'],
    }),
    percent: Percent.optional(),
    perUnit: Price.optional(),
    amount: Decimal.meta({
      description: 'A fixed amount for reaching the step. With `marginal` the amounts of all reached steps add up',
      examples: ['500.00'],
    }).optional(),
  })
  .meta({ description: 'A step pays one of `percent`, `perUnit` and `amount`' });
type Step = z.infer<typeof Step>;

/** Tiers, volume rebates, quotas and milestones: an amount that depends on the volume that was reached. */
export const StepsPay = z
  .strictObject({
    rule: z.literal('steps').meta({ description: 'An amount that depends on the volume that was reached' }),
    mode: z.enum(['marginal', 'cliff']).meta({
      description:
        '`marginal` pays each part of the volume by its own step; `cliff` pays all of it by the step that was reached',
      examples: ['marginal'],
    }),
    of: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/, 'is not the name of an amount')
      .meta({
        description:
          'The amount that a percentage applies to, where the measure is not it: `amount` where units or events are counted',
        examples: ['amount'],
      })
      .optional(),
    steps: z
      .array(Step)
      .min(1)
      .max(STEPS_MAX)
      .meta({
        description: 'The steps in rising order. Below the first nothing is earned',
        examples: [
          [
            { from: '0', percent: '5' },
            { from: '10000.00', percent: '7.5' },
          ],
        ],
      }),
    ...bounds,
  })
  .meta({ id: 'StepsPay' });
export type StepsPay = z.infer<typeof StepsPay>;

const wayOf = (step: Step): Way => WAYS.find((way) => step[way] !== undefined) ?? 'percent';

type Tier = {
  /** The volume above which the step pays by parts. */
  above: bigint;
  /** The volume at which the step is reached. */
  reachedAt: bigint;
  rate: Fraction;
  text: string;
};

type Measured = Omit<PayContext, 'of'>;

/** A step that begins with the third unit pays for what is above two units, and is reached with three. */
function readStep(step: Step, { measure, currency, counted }: Measured): Tier {
  const from = readFrom(step.from, measure, counted);
  const isCounted = !isMoney(measure) && measure !== GROWTH && !isReading(measure);
  const above = isCounted && from > 0n ? from - 1n : from;
  const { percent, perUnit, amount } = step;
  if (percent !== undefined) return { above, reachedAt: from, rate: parsePercent(percent), text: `${percent} %` };
  if (perUnit !== undefined)
    return { above, reachedAt: from, rate: priceOf(perUnit, currency), text: formatPrice(perUnit, currency) };
  const { minor } = parseDecimal(amount ?? '0', currency);
  return { above, reachedAt: from, rate: whole(minor), text: formatMoney(money(minor, currency)) };
}

/** A part of the volume, with the step by which it is paid. */
type Part = { volume: bigint; tier: Tier };

const PARTS: Record<StepsPay['mode'], (tiers: readonly Tier[], volume: bigint) => Part[]> = {
  marginal: (tiers, volume) =>
    tiers.flatMap((tier, index) => {
      if (volume <= tier.above) return [];
      const next = tiers[index + 1]?.above ?? volume;
      return [{ volume: (next < volume ? next : volume) - tier.above, tier }];
    }),
  cliff: (tiers, volume) =>
    tiers
      .filter(({ reachedAt }) => volume > 0n && volume >= reachedAt)
      .slice(-1)
      .map((tier) => ({ volume, tier })),
};

export function stepsPay(terms: StepsPay, context: PayContext): Pay {
  const { currency } = context;
  const tiers = terms.steps.map((step) => readStep(step, context));
  const [first] = terms.steps;
  const way = first ? wayOf(first) : 'percent';
  const isCompared = context.measure === GROWTH;
  const partsInOne = isCompared ? WHOLE_PERCENTAGE : partsInMinor(context.measure);
  const scaleOf = ({ base }: Measures) => (isCompared ? base : 1n);
  /** Where a percentage is compared, the volume is that of the percentage times its base, and so are the steps. Only its units are paid. */
  const tiersOf = (measures: Measures): Tier[] => {
    const scale = scaleOf(measures);
    if (scale === 1n) return tiers;
    return tiers.map((tier) => ({ ...tier, above: tier.above * scale, reachedAt: tier.reachedAt * scale }));
  };
  const partsOf = (measures: Measures) => partsAmong(tiersOf(measures), measures.volume);
  const partsAmong = (among: readonly Tier[], volume: bigint) =>
    way === 'amount'
      ? among
          .filter(({ reachedAt }) => volume > 0n && volume >= reachedAt)
          .slice(terms.mode === 'cliff' ? -1 : 0)
          .map((tier) => ({ volume, tier }))
      : PARTS[terms.mode](among, volume);
  const worthOf = (part: Part, { volume, of }: Measures): Fraction => {
    if (way === 'amount') return part.tier.rate;
    if (context.of === null) return over(times(part.tier.rate, part.volume), partsInOne);
    const share = times(part.tier.rate, part.volume * of);
    return { numerator: share.numerator, denominator: share.denominator * volume };
  };
  const sentence = (part: Part, measures: Measures): string => {
    const print = (volume: bigint) => formatVolume(volume / scaleOf(measures), context);
    const exact = formatExact(worthOf(part, measures), currency);
    if (way === 'amount') return `${part.tier.text} for reaching ${print(part.tier.reachedAt)}`;
    if (way === 'perUnit')
      return `${isCompared ? formatUnits(part.volume) : part.volume} × ${part.tier.text} = ${exact}`;
    if (context.of === null) return `${part.tier.text} of ${print(part.volume)} is ${exact}`;
    const all = formatOf(measures.of, context);
    if (part.volume === measures.volume) return `${part.tier.text} of ${all} is ${exact}`;
    const share = formatExact({ numerator: part.volume * measures.of, denominator: measures.volume }, context.counted);
    return `${part.tier.text} of ${share} is ${exact}, where ${share} is ${all} × ${print(part.volume)} ÷ ${print(measures.volume)}`;
  };
  return {
    exact: (measures) => partsOf(measures).reduce((total, part) => plus(total, worthOf(part, measures)), ZERO),
    words: (measures) => {
      const parts = partsOf(measures);
      return parts.length > 0 ? parts.map((part) => sentence(part, measures)) : ['no step is reached yet'];
    },
    next: (measures) => tiersOf(measures).find(({ reachedAt }) => reachedAt > measures.volume)?.reachedAt,
  };
}

/** A number of units that was multiplied to be compared in percent. A step may begin within a unit. */
const formatUnits = (volume: bigint): string =>
  formatMinor(volume, String(WHOLE_PERCENTAGE).length - 1).replace(/\.?0+$/, '');

/** Steps rise and pay in one way. The pay of a cliff never falls, or a sale would cost its partner money. */
export function stepsObjections(terms: StepsPay, context: Judged): Objection[] {
  const { steps } = terms;
  const { measure, currency, counted } = context;
  const at = (index: number, field: string, reason: string): Objection => ({
    path: ['pay', 'steps', index, field],
    reason,
  });
  const unreadable = steps.flatMap((step, index) => {
    const given = WAYS.filter((way) => step[way] !== undefined);
    if (given.length !== 1)
      return [at(index, given[1] ?? 'percent', 'is not the only one of percent, perUnit and amount')];
    const fromReason = whyNotFrom(step.from, measure, counted);
    const [way = 'percent'] = given;
    const whyNot = way === 'perUnit' ? whyNotPrice : whyNotAmount;
    const reason = way === 'percent' ? undefined : whyNot(step[way] ?? '', currency);
    return [...(fromReason ? [at(index, 'from', fromReason)] : []), ...(reason ? [at(index, way, reason)] : [])];
  });
  if (unreadable.length > 0) return unreadable;
  const mixed = mixedObjections(terms, context, at);
  return mixed.length > 0 ? mixed : orderObjections(terms, context, at);
}

/** `units` is what a step may pay for each: the measure of the events, where it is paid as such or compared with a quota. */
type Judged = Measured & { readonly units: string };

type At = (index: number, field: string, reason: string) => Objection;

function mixedObjections({ steps, of }: StepsPay, { units, currency }: Judged, at: At): Objection[] {
  const [way = 'percent'] = steps.map(wayOf);
  const other = steps.findIndex((step) => wayOf(step) !== way);
  if (other >= 0)
    return [at(other, wayOf(steps[other] ?? { from: '0' }), `pays in another way than the first step, by ${way}`)];
  if (way === 'percent' && isPoints(currency))
    return [at(0, 'percent', 'is a share of money, which is not points: use amount or perUnit, or the rule rate')];
  if (way === 'perUnit' && (isMoney(units) || units === GROWTH || isReading(units)))
    return [at(0, 'perUnit', `is paid for units or events, and not for ${units}: use percent or amount`)];
  if (of !== undefined && way !== 'percent')
    return [{ path: ['pay', 'of'], reason: 'is only for steps that pay a percentage' }];
  return [];
}

function orderObjections({ steps, mode, of }: StepsPay, context: Measured, at: At): Objection[] {
  const { measure } = context;
  const tiers = steps.map((step) => readStep(step, context));
  // With a percentage of another amount, a unit without that amount would move the others to a lower rate.
  const hasOf = of !== undefined || !isMoney(measure);
  const tooLarge = tiers.findIndex(
    ({ rate }, index) =>
      steps[index]?.perUnit !== undefined && isLess(whole(MINOR_MAX), times(rate, BigInt(QUANTITY_MAX))),
  );
  if (tooLarge >= 0) return [at(tooLarge, 'perUnit', `is too large for each of up to ${QUANTITY_MAX} units`)];
  if (tiers.every(({ rate }) => rate.numerator === 0n))
    return [at(0, wayOf(steps[0] ?? { from: '0' }), 'is 0 in every step, so nobody could ever earn by it')];
  return tiers.flatMap((tier, index): Objection[] => {
    const before = tiers[index - 1];
    if (!before) return [];
    if (tier.above <= before.above) return [at(index, 'from', 'is not above the step before it')];
    const falls = (mode === 'cliff' || hasOf) && isLess(tier.rate, before.rate);
    return falls ? [at(index, wayOf(steps[index] ?? { from: '0' }), 'is less than the step before it')] : [];
  });
}
