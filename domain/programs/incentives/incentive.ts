import { z } from 'zod';

import { type CurrencyCode, exponentOf } from '../../currency.ts';
import { AmountName, EventKind } from '../../fields.ts';
import { type Event, REFUND } from '../../event.ts';
import { formatMinor, type Money, money } from '../../money.ts';

/** The volume that has counted towards one incentive in one window, and what it earned, both less reversals. */
export type WindowTotals = { readonly basisMinor: bigint; readonly earnedMinor: bigint };

/** All that an incentive may look at: the event, its local date and, for tiers, the window so far. */
export type Occasion = {
  readonly event: Event;
  readonly date: string;
  readonly totals: WindowTotals;
};

/** Enough to compute every cent again, in words for the partner. Amounts are decimal strings, and rates are percentages. */
export type Explanation = {
  readonly rule: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly steps: readonly string[];
  readonly rounding: 'half-even';
};

/** The gain from one event by one incentive: never less than zero. The basis is the amount that counted, 0 for a flat amount. */
export type Gain = {
  readonly minor: bigint;
  readonly currency: CurrencyCode;
  readonly basisMinor: bigint;
  readonly explanation: Explanation;
};

/** An incentive's arithmetic. */
export type Incentive<Terms> = {
  /** The first local date of the window that a date is in. Null for an incentive that looks at one event alone. */
  readonly windowStart: (terms: Terms, date: string) => string | null;
  /** Undefined where the event lacks what the incentive looks at. */
  readonly earn: (terms: Terms, occasion: Occasion) => Gain | undefined;
  /** The reason why no event can ever earn by these terms, or undefined. */
  readonly whyNever: (terms: Terms) => string | undefined;
};

export const Day = z.iso.date();
const ofPromotion = (words: string) => `A local date in the zone of the program's schedule: ${words}`;

/** A percentage from 0 to 100 with at most six digits after the point. Nobody earns more than the amount that counts. */
export const Percent = z
  .string()
  .regex(/^(100(\.0{1,6})?|\d{1,2}(\.\d{1,6})?)$/, 'is not 0 to 100 percent, such as 12.5')
  .meta({
    description: 'A percentage from 0 to 100 as a decimal string, with at most six decimals',
    examples: ['12.5'],
  });

const KINDS_MAX = 20;

/** The terms of every incentive: a name, the kinds of event that earn it and, for a promotion, its half-open local dates. */
export const commonTerms = {
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a short name such as early-bird')
    .meta({ description: 'The name of the incentive, unique in its plan', examples: ['commission'] }),
  kinds: z
    .array(EventKind.refine((kind) => kind !== REFUND, 'a refund takes back and cannot earn'))
    .min(1)
    .max(KINDS_MAX)
    .default(['sale'])
    .meta({ description: 'The kinds of event that earn it; never `refund`', examples: [['sale', 'referral']] }),
  from: Day.meta({
    description: ofPromotion('the first day on which it is earned'),
    examples: ['2026-03-01'],
  }).optional(),
  until: Day.meta({
    description: ofPromotion('the day from which it is no longer earned'),
    examples: ['2026-06-01'],
  }).optional(),
};

/** The amount of the event that counts: the main one, or another one by its name. */
export const basisTerm = z
  .union([z.literal('amount'), AmountName])
  .default('amount')
  .meta({
    description: 'The amount that counts: `amount` for the main one, or the name of another',
    examples: ['amount'],
  });

/** The amount that counts, or undefined where the event has no amount of that name. */
export function basisOf(event: Event, basis: string): Money | undefined {
  const minor = basis === 'amount' ? event.minor : event.otherAmounts[basis];
  return event.currency === null || minor === null || minor === undefined ? undefined : money(minor, event.currency);
}

/** An amount times a rate before rounding, as a decimal. This works because the denominator of a rate is a power of ten. */
export function formatUnrounded(numerator: bigint, denominator: bigint, currency: CurrencyCode): string {
  const digits = formatMinor(numerator, exponentOf(currency) + denominator.toString().length - 1);
  return `${digits.replace(/\.?0+$/, '')} ${currency}`;
}
