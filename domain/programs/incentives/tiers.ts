import { z } from 'zod';

import type { CurrencyCode } from '../../currency.ts';
import { Currency, Decimal, whyNotAmount } from '../../fields.ts';
import { divideHalfEven, formatMoney, money, parseDecimal, parsePercent } from '../../money.ts';
import {
  basisOf,
  basisTerm,
  commonTerms,
  type Gain,
  type Incentive,
  type Occasion,
  Percent,
  formatUnrounded,
} from './incentive.ts';

const STEPS_MAX = 20;
const Step = z.strictObject({
  from: Decimal.meta({
    description: 'The volume at which the step begins, a decimal string in major units of `currency`; the first is 0',
    examples: ['10000.00'],
  }),
  percent: Percent,
});

const TiersShape = z.strictObject({
  ...commonTerms,
  rule: z.literal('tiers').meta({ description: 'A share that depends on the volume of a window' }),
  basis: basisTerm,
  mode: z.enum(['marginal', 'cliff']).meta({
    description:
      '`marginal` pays each part of the volume at its own rate; `cliff` pays all of it at the rate that was reached',
    examples: ['marginal'],
  }),
  window: z.enum(['month', 'quarter', 'year', 'lifetime']).meta({
    description: "The period whose volume counts, by the calendar in the zone of the program's schedule",
    examples: ['quarter'],
  }),
  currency: Currency,
  steps: z
    .array(Step)
    .min(1)
    .max(STEPS_MAX)
    .meta({
      description: 'The rates by volume, in rising order',
      examples: [
        [
          { from: '0', percent: '5' },
          { from: '10000.00', percent: '7.5' },
        ],
      ],
    }),
});

/**
 * A rate that depends on the volume of a window. The volume is the sum of a partner's events in a calendar month, a quarter, a
 * year or all time. Marginal tiers pay each part of the volume at the rate of its own step. A cliff pays the whole volume at the
 * rate of the step that it reached. Only events in the currency of the tiers count.
 */
export const TiersTerms = TiersShape.superRefine((terms, context) => {
  for (const { index, field, reason } of stepObjections(terms))
    context.addIssue({ code: 'custom', path: ['steps', index, field], message: reason });
}).meta({ id: 'TiersTerms' });
export type TiersTerms = z.infer<typeof TiersTerms>;

type StepObjection = { index: number; field: 'from' | 'percent'; reason: string };

/** Steps begin at zero and rise. The rate of a cliff never falls, or a sale would cost its partner money. */
function stepObjections({ steps, currency, mode }: TiersTerms): StepObjection[] {
  const unreadable = steps.flatMap(({ from }, index) => {
    const reason = whyNotAmount(from, currency);
    return reason ? [{ index, field: 'from' as const, reason }] : [];
  });
  if (unreadable.length > 0) return unreadable;
  return readSteps(steps, currency).flatMap((step, index, all): StepObjection[] => {
    const before = all[index - 1];
    if (!before)
      return step.from === 0n ? [] : [{ index, field: 'from', reason: 'is not 0, where the first step begins' }];
    if (step.from <= before.from) return [{ index, field: 'from', reason: 'is not above the step before it' }];
    const falls = mode === 'cliff' && step.rate < before.rate;
    return falls ? [{ index, field: 'percent', reason: 'is less than the step before it' }] : [];
  });
}

/** Every percentage has the same denominator, so that numerators can be compared and added. */
const { denominator: DENOMINATOR } = parsePercent('0');

type Tier = { from: bigint; rate: bigint; percent: string };

const readSteps = (steps: TiersTerms['steps'], currency: CurrencyCode): Tier[] =>
  steps.map(({ from, percent }) => ({
    from: parseDecimal(from, currency).minor,
    rate: parsePercent(percent).numerator,
    percent,
  }));

/** A part of a volume and the rate at which it is paid. */
type Part = { minor: bigint; rate: bigint; percent: string };

const PARTS: Record<TiersTerms['mode'], (tiers: readonly Tier[], volume: bigint) => Part[]> = {
  marginal: (tiers, volume) =>
    tiers
      .filter(({ from }) => volume > from)
      .map(({ from, rate, percent }, index) => {
        const next = tiers[index + 1]?.from;
        return { minor: (next !== undefined && next < volume ? next : volume) - from, rate, percent };
      }),
  cliff: (tiers, volume) =>
    tiers
      .filter(({ from }) => volume > 0n && volume >= from)
      .slice(-1)
      .map(({ rate, percent }) => ({ minor: volume, rate, percent })),
};

const MONTHS_IN: Record<'month' | 'quarter' | 'year', number> = { month: 1, quarter: 3, year: 12 };
const MONTH_DIGITS = 2;

/** A date before every event that is accepted. */
const BEGINNING = '1970-01-01';

function windowStart({ window }: TiersTerms, date: string): string {
  if (window === 'lifetime') return BEGINNING;
  const [year = '', month = ''] = date.split('-');
  const first = Math.floor((Number(month) - 1) / MONTHS_IN[window]) * MONTHS_IN[window] + 1;
  return `${year}-${String(first).padStart(MONTH_DIGITS, '0')}-01`;
}

/**
 * Earns what the window's volume is worth with this event, less what was earned in the window before. The earnings of a window
 * therefore always add up to the rounded worth of its volume: crossing a step rates the earlier volume anew, and cents never
 * drift. There is one exception. Where reversals left more than the volume is worth, the partner keeps it, and earns nothing new
 * until the volume has caught up.
 */
function earn(terms: TiersTerms, { event, date, totals }: Occasion): Gain | undefined {
  const basis = basisOf(event, terms.basis);
  if (basis?.currency !== terms.currency) return undefined;
  const { currency } = basis;
  const volume = totals.basisMinor + basis.minor;
  const parts = PARTS[terms.mode](readSteps(terms.steps, currency), volume);
  const exact = parts.reduce((total, { minor, rate }) => total + minor * rate, 0n);
  const worth = divideHalfEven(exact, DENOMINATOR);
  const minor = worth > totals.earnedMinor ? worth - totals.earnedMinor : 0n;
  return {
    minor,
    currency,
    basisMinor: basis.minor,
    explanation: {
      rule: terms.rule,
      inputs: {
        [terms.basis]: formatMoney(money(basis.minor, currency)),
        mode: terms.mode,
        window: terms.window,
        windowStart: windowStart(terms, date),
        volumeBefore: formatMoney(money(totals.basisMinor, currency)),
        earnedBefore: formatMoney(money(totals.earnedMinor, currency)),
      },
      steps: [
        `the volume rises from ${formatMoney(money(totals.basisMinor, currency))} to ${formatMoney(money(volume, currency))}`,
        ...parts.map(
          (part) =>
            `${part.percent} % of ${formatMoney(money(part.minor, currency))} is ${formatUnrounded(part.minor * part.rate, DENOMINATOR, currency)}`,
        ),
        `the volume is worth ${formatMoney(money(worth, currency))}, rounded`,
        `less ${formatMoney(money(totals.earnedMinor, currency))} earned before: ${formatMoney(money(minor, currency))}`,
      ],
      rounding: 'half-even',
    },
  };
}

const whyNever = ({ steps, currency }: TiersTerms): string | undefined =>
  readSteps(steps, currency).every(({ rate }) => rate === 0n) ? 'pays 0 percent in every step' : undefined;

export const tiers: Incentive<TiersTerms> = { windowStart, earn, whyNever };
