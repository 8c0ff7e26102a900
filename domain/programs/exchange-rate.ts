import { z } from 'zod';

import { addDays } from '../calendar.ts';
import { type CurrencyCode, exponentOf } from '../currency.ts';
import type { RemainingEvent } from '../event.ts';
import { EXACT_AMOUNT, exactOf, formatExactAmount } from '../exact-amount.ts';
import type { Fraction } from '../fraction.ts';
import { divideHalfEven, formatMoney, money } from '../money.ts';
import { isTargetClosed, isWeekend } from './target-days.ts';

/** The source whose rates an incentive takes if it names no other: the reference rates of the European Central Bank. */
export const ECB = 'ECB';

export const RateSourceCode = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/, 'is not a short code such as ECB')
  .meta({ description: 'The source that published the rates', examples: [ECB] });

export const PUBLISHING_DAYS = ['target', 'weekdays'] as const;

/** A source publishes rates, always of the same base currency, and on every weekday or only on those of TARGET. */
export type RateSource = {
  readonly code: string;
  readonly base: CurrencyCode;
  readonly days: (typeof PUBLISHING_DAYS)[number];
};

/** The conversion that an incentive needs for an event of a local day. */
export type RateNeed = {
  readonly source: string;
  readonly from: CurrencyCode;
  readonly to: CurrencyCode;
  readonly on: string;
};

/** The rate that an event's amounts are converted at. `1 from` is `toRate / fromRate` of `to`, as one exact fraction. */
export type ExchangeRate = RateNeed & {
  /** The day for which it was published: that of the event, or the last one before. */
  readonly day: string;
  /** How much of `from` one unit of the source's base is, a decimal string. Null where `from` is the base. */
  readonly fromRate: string | null;
  /** How much of `to` one unit of the source's base is, a decimal string. Null where `to` is the base. */
  readonly toRate: string | null;
};

/** A rate, with the amounts that were converted at it: by name, in minor units of its `from`. */
export type Conversion = ExchangeRate & { readonly amounts: Readonly<Record<string, bigint>> };

/** The rate that is not known yet: of the source's base in `quote`. */
export type RateGap = { readonly source: string; readonly day: string; readonly quote: CurrencyCode };

/** The rate that a source published for a day and a currency. Null says that it published none, and undefined that nobody knows yet. */
export type PublishedRate = (source: string, day: string, quote: CurrencyCode) => string | null | undefined;

/** An older rate is not taken. */
export const DAYS_BACK_MAX = 7;

const isClosed = (date: string, { days }: Pick<RateSource, 'days'>): boolean =>
  days === 'target' ? isTargetClosed(date) : isWeekend(date);

/** The reason why a source has no rates of its own for a day, or undefined. */
export const whyNoRates = (day: string, source: RateSource): string | undefined =>
  isClosed(day, source)
    ? `is a day for which ${source.code} publishes no rates: those of the day before hold`
    : undefined;

/** The last days on or before a day for which a source publishes rates, the latest first. */
export function publishingDays(on: string, source: Pick<RateSource, 'days'>): string[] {
  const days = Array.from({ length: DAYS_BACK_MAX + 1 }, (_, back) => addDays(on, -back));
  return days.filter((day) => !isClosed(day, source));
}

/**
 * Finds the rate of a day: the last one that was published for it or before it. On closed days, and where the source published none, that
 * is the one of an earlier day. While a day is unknown, no earlier one is taken, so it does not matter in which order rates arrive.
 */
export function findRate(
  need: RateNeed,
  source: RateSource,
  published: PublishedRate,
): ExchangeRate | { gap: RateGap } {
  const { from, to, on } = need;
  const legs = [from, to].filter((currency) => currency !== source.base);
  const days = publishingDays(on, source);
  for (const day of days) {
    const rateOf = (currency: CurrencyCode) =>
      currency === source.base ? null : published(source.code, day, currency);
    const unknown = legs.find((currency) => rateOf(currency) === undefined);
    if (unknown !== undefined) return { gap: { source: source.code, day, quote: unknown } };
    if (legs.every((currency) => rateOf(currency) !== null))
      return { ...need, day, fromRate: rateOf(from) ?? null, toRate: rateOf(to) ?? null };
  }
  const [day = on] = days;
  const quote = legs.find((currency) => published(source.code, day, currency) === null) ?? to;
  return { gap: { source: source.code, day, quote } };
}

/** Names a rate that somebody waits for: `ECB/2026-03-06/USD`. */
export const gapName = ({ source, day, quote }: RateGap): string => `${source}/${day}/${quote}`;

/** Reads what `gapName` wrote. */
export function readGapName(name: string): { source: string; day: string; quote: string } {
  const [source = '', day = '', quote = ''] = name.split('/');
  return { source, day, quote };
}

const ONE: Fraction = { numerator: 1n, denominator: 1n };

function decimalOf(text: string | null): Fraction {
  if (text === null) return ONE;
  const [whole = '', fraction = ''] = text.split('.');
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) };
}

/** The worth of one unit of `from` in `to`. */
function fractionOf({ fromRate, toRate }: Pick<ExchangeRate, 'fromRate' | 'toRate'>): Fraction {
  const [from, to] = [decimalOf(fromRate), decimalOf(toRate)];
  return { numerator: to.numerator * from.denominator, denominator: to.denominator * from.numerator };
}

/** Converts minor units of `from` to those of `to`, or ten-thousandths of them, rounded once, half-even. */
export function convert(minor: bigint, rate: ExchangeRate): bigint {
  const { numerator, denominator } = fractionOf(rate);
  const [from, to] = [10n ** BigInt(exponentOf(rate.from)), 10n ** BigInt(exponentOf(rate.to))];
  return divideHalfEven(minor * numerator * to, denominator * from);
}

/** An event whose amounts are converted, each by itself. An amount that was fully refunded is exactly 0. */
export function convertEvent(event: RemainingEvent, rate: ExchangeRate): RemainingEvent {
  const { minor, otherAmounts, whole, collectedMinor } = event;
  const exact = exactOf(event);
  return {
    ...event,
    currency: rate.to,
    minor: minor === null ? null : convert(minor, rate),
    exact: exact === null ? null : convert(exact, rate),
    collectedMinor: convert(collectedMinor, rate),
    otherAmounts: Object.fromEntries(
      Object.entries(otherAmounts).map(([name, amount]) => [name, convert(amount, rate)]),
    ),
    ...(whole && { whole: convertEvent(whole, rate) }),
  };
}

/** Whether two conversions are the same, so that the later one keeps the rate of the earlier one. */
export const isSameNeed = (one: RateNeed, other: RateNeed): boolean =>
  one.source === other.source && one.from === other.from && one.to === other.to && one.on === other.on;

/** Prints a rate as it was published: `1.0850 USD (ECB, 2026-03-06)`; a cross rate is a quotient of two. */
export function formatRate({ fromRate, toRate, to, source, day, on }: ExchangeRate): string {
  const printed = fromRate === null ? toRate : `${toRate ?? '1'}/${fromRate}`;
  const since = day === on ? day : `${day}, the last one before ${on}`;
  return `${printed} ${to} (${source}, ${since})`;
}

const formatConverted = (name: string, amount: bigint, currency: CurrencyCode): string =>
  name === EXACT_AMOUNT ? formatExactAmount(amount, currency) : formatMoney(money(amount, currency));

/** The conversion of each amount, as sentences for a person. */
export const conversionWords = ({ amounts, ...rate }: Conversion): string[] =>
  Object.entries(amounts).map(
    ([name, amount]) =>
      `${name === 'amount' || name === EXACT_AMOUNT ? '' : `${name}: `}${formatConverted(name, amount, rate.from)} at ${formatRate(rate)} is ${formatConverted(name, convert(amount, rate), rate.to)}`,
  );
