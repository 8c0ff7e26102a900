import type { CurrencyCode } from '../currency.ts';
import { type Event, REFUND } from '../event.ts';
import { Failure } from '../errors.ts';
import type { Explanation, WindowTotals } from '../programs/incentives/incentive.ts';
import { gainOf, type IncentiveTerms, whyNeverBy, windowStartOf } from '../programs/incentives/index.ts';
import { divideHalfEven, formatMoney, money } from '../money.ts';
import type { PlanTerms } from '../programs/plan.ts';
import { addDays, localDate } from '../calendar.ts';

/**
 * The amount that one event earned, or a refund took back, by one incentive. An earning of 0 is a row too: its basis counts towards the
 * volume of a tier, and its explanation answers "why nothing?". It makes no earning line.
 */
export type Earning = {
  readonly incentiveId: string;
  /** Less than zero for a reversal, as is the basis then. */
  readonly minor: bigint;
  readonly currency: CurrencyCode;
  readonly basisMinor: bigint;
  /** The first local date of the tier window in which it counts. Null where the incentive has no window. */
  readonly windowStart: string | null;
  /** The local date on which its hold ends. It is payable from the first cut-off after that date. */
  readonly availableOn: string;
  readonly explanation: Explanation;
};

const NOTHING: WindowTotals = { basisMinor: 0n, earnedMinor: 0n };

export type EarnInput = {
  readonly event: Event;
  readonly terms: PlanTerms;
  /** The pay schedule's zone, which decides the day of an event. */
  readonly zone: string;
};

const applies = ({ kinds, from, until }: IncentiveTerms, kind: string, date: string): boolean =>
  kinds.includes(kind) && (from === undefined || date >= from) && (until === undefined || date < until);

/** The incentives of a plan by which an event can earn, each with the window in which it counts. */
const incentivesFor = ({ event, terms }: EarnInput, date: string) =>
  terms.incentives
    .filter((incentive) => applies(incentive, event.kind, date))
    .map((incentive) => ({ incentive, windowStart: windowStartOf(incentive, date) }));

/** The windows whose totals `earn` asks for, so that they can be read beforehand. */
export const windowsOf = (input: EarnInput): { incentiveId: string; windowStart: string }[] =>
  incentivesFor(input, localDate(input.event.occurredAtMs, input.zone)).flatMap(({ incentive, windowStart }) =>
    windowStart === null ? [] : [{ incentiveId: incentive.id, windowStart }],
  );

/**
 * Computes what an event earns by each incentive of a plan that applies to it. The totals of a window belong to the same partner and
 * incentive. They are the sums of `basisMinor` and `minor` over the earnings so far, reversals included.
 */
export function earn(
  input: EarnInput & { readonly totalsOf: (incentiveId: string, windowStart: string) => WindowTotals },
): Earning[] {
  const { event, terms, zone, totalsOf } = input;
  const date = localDate(event.occurredAtMs, zone);
  const availableOn = addDays(date, terms.holdDays);
  return incentivesFor(input, date).flatMap(({ incentive, windowStart }) => {
    const totals = windowStart === null ? NOTHING : totalsOf(incentive.id, windowStart);
    const gain = gainOf(incentive, { event, date, totals });
    if (!gain) return [];
    const held = `held ${terms.holdDays} days from ${date}: until ${availableOn}`;
    const explanation = { ...gain.explanation, steps: [...gain.explanation.steps, held] };
    return [{ ...gain, incentiveId: incentive.id, windowStart, availableOn, explanation }];
  });
}

/**
 * The reason why an event earns nothing under a plan, whatever was earned before it, or undefined. An event below the first tier that pays
 * has no such reason.
 */
export function whyNothing(input: EarnInput): string | undefined {
  const { event, zone } = input;
  const date = localDate(event.occurredAtMs, zone);
  const incentives = incentivesFor(input, date).map(({ incentive }) => incentive);
  if (incentives.length === 0) return `no incentive is for the kind ${event.kind} on ${date}`;
  const paying = incentives.filter((incentive) => whyNeverBy(incentive) === undefined);
  if (paying.length === 0) return `every incentive for the kind ${event.kind} pays 0`;
  const earns = paying.some((incentive) => gainOf(incentive, { event, date, totals: NOTHING }) !== undefined);
  return earns ? undefined : 'it lacks the amount, the currency or the quantity that its incentives look at';
}

/** A sale's earning, and how much of it earlier refunds took back. All amounts are 0 or more. */
export type EarnedBefore = Omit<Earning, 'explanation'> & {
  readonly reversedMinor: bigint;
  readonly reversedBasisMinor: bigint;
};

/** The reason why a refund cannot take back what an event earned, or undefined. */
export function whyNotReverse(refund: Event, sale: Event): string | undefined {
  if (refund.kind !== REFUND) return `${refund.id} is a ${refund.kind}, not a ${REFUND}`;
  if (sale.kind === REFUND) return `${sale.id} is a ${REFUND} itself`;
  if (refund.source !== sale.source || refund.refundOf !== sale.id) return `${refund.id} does not refund ${sale.id}`;
  if (refund.program !== sale.program) return `the refunded ${sale.kind} belongs to program ${sale.program}`;
  if (refund.partner !== sale.partner) return `the refunded ${sale.kind} belongs to partner ${sale.partner}`;
  if (refund.minor === null) return undefined;
  if (!sale.minor) return `the refunded ${sale.kind} has no amount, so only a refund of the whole is possible`;
  return refund.currency === sale.currency ? undefined : `the refunded ${sale.kind} is in ${sale.currency}`;
}

export type ReverseInput = {
  readonly refund: Event;
  readonly sale: Event;
  readonly earnings: readonly EarnedBefore[];
  /**
   * The sum of earlier refunds of this sale in minor units, in which a refund of the whole counts as the sale's amount. The sum may
   * be more than the sale.
   */
  readonly refundedBefore: bigint;
};

/**
 * Computes what a refund takes back. It takes from each earning the share of the sale that has been refunded so far, half-even, less what
 * earlier refunds took. Several refunds therefore take no cent more than one refund of their sum, the last one takes exactly the
 * rest, and no refund takes more than was earned. A reversal keeps the sale's window and its hold. Throws Failure
 * `invalid_input` where `whyNotReverse` gives a reason.
 */
export function reverse({ refund, sale, earnings, refundedBefore }: ReverseInput): Earning[] {
  const reason = whyNotReverse(refund, sale);
  if (reason) throw new Failure('invalid_input', `Refund ${refund.id} was not applied: ${reason}.`);
  const refunded = refundedShare(refund, sale, refundedBefore);
  return earnings.map((earning) => reversal(earning, refunded));
}

/** The fraction of a sale that has been refunded, and the sentences that say so. */
type RefundedShare = { part: bigint; whole: bigint; inputs: Record<string, string>; steps: string[] };

function refundedShare(refund: Event, sale: Event, refundedBefore: bigint): RefundedShare {
  const { minor: saleMinor, currency } = sale;
  if (!saleMinor || !currency)
    return { part: 1n, whole: 1n, inputs: {}, steps: [`the whole ${sale.kind} is refunded`] };
  const asked = refund.minor === null ? saleMinor : refundedBefore + refund.minor;
  const part = asked < saleMinor ? asked : saleMinor;
  const capped = `${formatMoney(money(asked, currency))} refunded is more than the ${sale.kind}: ${formatMoney(money(saleMinor, currency))} counts`;
  return {
    part,
    whole: saleMinor,
    inputs: {
      [sale.kind]: formatMoney(money(saleMinor, currency)),
      refund: refund.minor === null ? 'the whole' : formatMoney(money(refund.minor, currency)),
      refundedBefore: formatMoney(money(refundedBefore, currency)),
    },
    steps: [
      ...(asked > saleMinor ? [capped] : []),
      `${formatMoney(money(part, currency))} of ${formatMoney(money(saleMinor, currency))} is refunded so far`,
    ],
  };
}

/** The share of an amount that is due back, less what was taken back before: never less than zero. */
function dueBack(minor: bigint, reversedMinor: bigint, { part, whole }: RefundedShare): bigint {
  const due = divideHalfEven(minor * part, whole);
  return due > reversedMinor ? due - reversedMinor : 0n;
}

function reversal(earning: EarnedBefore, refunded: RefundedShare): Earning {
  const { incentiveId, currency, windowStart, availableOn } = earning;
  const back = dueBack(earning.minor, earning.reversedMinor, refunded);
  const steps = [
    ...refunded.steps,
    `the same share of ${formatMoney(money(earning.minor, currency))} earned, less ${formatMoney(money(earning.reversedMinor, currency))} taken back before`,
    `taken back now: ${formatMoney(money(back, currency))}`,
  ];
  const inputs = {
    ...refunded.inputs,
    earned: formatMoney(money(earning.minor, currency)),
    reversedBefore: formatMoney(money(earning.reversedMinor, currency)),
  };
  return {
    incentiveId,
    currency,
    windowStart,
    availableOn,
    minor: -back,
    basisMinor: -dueBack(earning.basisMinor, earning.reversedBasisMinor, refunded),
    explanation: { rule: 'reversal', inputs, steps, rounding: 'half-even' },
  };
}
