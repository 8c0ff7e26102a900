import { COLLECTED, type Event, isCollection, REFUND, type RemainingEvent } from '../event.ts';
import { exactOf, roundExact } from '../exact-amount.ts';
import { own } from '../own.ts';

const doneTo = (event: Event, sale: Event): string =>
  `the ${isCollection(event.kind) ? 'paid' : 'refunded'} ${sale.kind}`;

/**
 * The reason why a refund cannot take back an event, or a payment cannot be for it, or undefined. The sale decides for whom: a correction may
 * give it to another partner, before or after its refund is sent, which then names the one or the other.
 */
export function whyNotAbout(event: Event, sale: Event): string | undefined {
  if (event.kind !== REFUND && !isCollection(event.kind)) return `${event.id} is a ${event.kind}, not a ${REFUND}`;
  if (sale.kind === REFUND) return `${sale.id} is a ${REFUND} itself`;
  if (isCollection(sale.kind)) return `${sale.id} is a payment: correct it, or send the kind uncollected`;
  if (event.source !== sale.source || event.about !== sale.id)
    return `${event.id} does not ${isCollection(event.kind) ? 'pay' : 'refund'} ${sale.id}`;
  if (event.program !== sale.program) return `${doneTo(event, sale)} belongs to program ${sale.program}`;
  return whyNotFit(event, sale);
}

/** The reason why the measures that a refund names are not those of its sale, or undefined. */
function whyNotFit(refund: Event, sale: Event): string | undefined {
  const [unknown] = Object.keys(refund.otherAmounts).filter((name) => !Object.hasOwn(sale.otherAmounts, name));
  if (isCollection(refund.kind) && !exactOf(sale)) return `${doneTo(refund, sale)} has no amount`;
  if (refund.minor !== null && !exactOf(sale))
    return `the refunded ${sale.kind} has no amount, so only a refund of the whole is possible`;
  if (unknown !== undefined) return `the refunded ${sale.kind} has no amount ${unknown}`;
  if (refund.quantity !== null && sale.quantity === null) return `the refunded ${sale.kind} has no quantity`;
  return fitsNoMore(refund, sale);
}

/** The reason why a refund or payment changes nothing of a sale that was corrected since: its money is another currency. */
export function fitsNoMore(refund: Event, sale: Event): string | undefined {
  const hasMoney = refund.minor !== null || Object.keys(refund.otherAmounts).length > 0;
  return hasMoney && refund.currency !== sale.currency ? `${doneTo(refund, sale)} is in ${sale.currency}` : undefined;
}

/** Whether a refund takes back all that is left of its sale, because it names nothing that went back. */
const isWhole = ({ minor, otherAmounts, quantity }: Event): boolean =>
  minor === null && quantity === null && Object.keys(otherAmounts).length === 0;

const less = (from: bigint, taken: bigint): bigint => (taken < from ? from - taken : 0n);

/** The highest revision of each refund. */
export const latestOfEach = <Refund extends Event>(refunds: readonly Refund[]): Refund[] => [
  ...new Map(
    refunds.toSorted((one, other) => one.revision - other.revision).map((refund) => [refund.id, refund]),
  ).values(),
];

/** The sums of what refunds and payments of a sale name, whatever the sale has. */
export type Refunded = {
  /** The main amount, in ten-thousandths of a minor unit. */
  readonly exact: bigint;
  readonly units: bigint;
  readonly otherAmounts: Readonly<Record<string, bigint>>;
  /** Whether one of them takes back the whole sale. */
  readonly isWhole: boolean;
  /** The payments, less those that went back. */
  readonly collected: bigint;
};

export const NO_REFUND: Refunded = { exact: 0n, units: 0n, otherAmounts: {}, isWhole: false, collected: 0n };

/** The sums with another refund or payment of a sale. One in another currency changes nothing. */
export function withRefund(refunded: Refunded, refund: Event, sale: Event): Refunded {
  if (fitsNoMore(refund, sale) !== undefined) return refunded;
  if (isCollection(refund.kind)) {
    const paid = refund.minor ?? 0n;
    return { ...refunded, collected: refunded.collected + (refund.kind === COLLECTED ? paid : -paid) };
  }
  const otherAmounts = { ...refunded.otherAmounts };
  for (const [name, minor] of Object.entries(refund.otherAmounts))
    otherAmounts[name] = (own(otherAmounts, name) ?? 0n) + minor;
  return {
    ...refunded,
    exact: refunded.exact + (exactOf(refund) ?? 0n),
    units: refunded.units + BigInt(refund.quantity ?? 0),
    otherAmounts,
    isWhole: refunded.isWhole || isWhole(refund),
  };
}

/**
 * The rest of a sale after refunds and payments, in whatever order they came. Each refund lowers only the measures that it names, and none falls
 * below zero. A sale is gone when a refund names nothing, or when its main amount is gone; without an amount, when its units are. Refunds
 * in another currency change nothing, and what a correction no longer names cannot go back. A refund first takes what was not paid yet.
 */
export const remainingOf = (sale: Event, refunds: readonly Event[]): RemainingEvent =>
  remainingAfter(
    sale,
    refunds.reduce((sums, refund) => withRefund(sums, refund, sale), NO_REFUND),
  );

const within = (amount: bigint, most: bigint | null): bigint => {
  if (amount < 0n || most === null) return 0n;
  return amount < most ? amount : most;
};

/** The rest of a sale after refunds and payments that add up to these sums. */
export function remainingAfter(sale: Event, refunded: Refunded): RemainingEvent {
  const whole = { ...sale, isGone: false, collectedMinor: within(refunded.collected, sale.minor) };
  if (refunded === NO_REFUND) return whole;
  const sold = exactOf(sale);
  const left = sold === null ? null : less(sold, refunded.exact);
  const units = sale.quantity === null ? null : less(BigInt(sale.quantity), refunded.units);
  const isUsedUp = sold ? left === 0n : units === 0n;
  const isGone = refunded.isWhole || isUsedUp;
  const exact = left !== null && isGone ? 0n : left;
  const minor = exact === null ? null : roundExact(exact);
  return {
    ...sale,
    isGone,
    whole,
    collectedMinor: within(refunded.collected, minor),
    minor,
    exact,
    quantity: units === null ? null : isGone ? 0 : Number(units),
    otherAmounts: Object.fromEntries(
      Object.entries(sale.otherAmounts).map(([name, amount]) => [
        name,
        refunded.isWhole ? 0n : less(amount, own(refunded.otherAmounts, name) ?? 0n),
      ]),
    ),
  };
}
