import { type Event, REFUND, type RemainingEvent } from '../event.ts';
import { own } from '../own.ts';

/** The reason why a refund cannot take back an event, or undefined. */
export function whyNotRefund(refund: Event, sale: Event): string | undefined {
  if (refund.kind !== REFUND) return `${refund.id} is a ${refund.kind}, not a ${REFUND}`;
  if (sale.kind === REFUND) return `${sale.id} is a ${REFUND} itself`;
  if (refund.source !== sale.source || refund.refundOf !== sale.id) return `${refund.id} does not refund ${sale.id}`;
  if (refund.program !== sale.program) return `the refunded ${sale.kind} belongs to program ${sale.program}`;
  if (refund.partner !== sale.partner) return `the refunded ${sale.kind} belongs to partner ${sale.partner}`;
  return whyNotFit(refund, sale);
}

/** The reason why the measures that a refund names are not those of its sale, or undefined. */
function whyNotFit(refund: Event, sale: Event): string | undefined {
  const [unknown] = Object.keys(refund.otherAmounts).filter((name) => !Object.hasOwn(sale.otherAmounts, name));
  if (refund.minor !== null && !sale.minor)
    return `the refunded ${sale.kind} has no amount, so only a refund of the whole is possible`;
  if (unknown !== undefined) return `the refunded ${sale.kind} has no amount ${unknown}`;
  if (refund.quantity !== null && sale.quantity === null) return `the refunded ${sale.kind} has no quantity`;
  return fitsNoMore(refund, sale);
}

/** The reason why a refund takes nothing back from a sale that was corrected since: its money is another currency. */
export function fitsNoMore(refund: Event, sale: Event): string | undefined {
  const hasMoney = refund.minor !== null || Object.keys(refund.otherAmounts).length > 0;
  return hasMoney && refund.currency !== sale.currency ? `the refunded ${sale.kind} is in ${sale.currency}` : undefined;
}

/** Whether a refund takes back all that is left of its sale, because it names nothing that went back. */
const isWhole = ({ minor, otherAmounts, quantity }: Event): boolean =>
  minor === null && quantity === null && Object.keys(otherAmounts).length === 0;

const less = (from: bigint, taken: bigint): bigint => (taken < from ? from - taken : 0n);

/**
 * The rest of a sale after refunds, in whatever order they came. Each refund lowers only the measures that it names, and none falls
 * below zero. A sale is gone when a refund names nothing, or when its main amount is gone; without an amount, when its units are. Refunds
 * in another currency change nothing, and what a correction no longer names cannot go back.
 */
export function remainingOf(sale: Event, refunds: readonly Event[]): RemainingEvent {
  if (refunds.length === 0) return { ...sale, isGone: false };
  const fitting = refunds.filter((refund) => fitsNoMore(refund, sale) === undefined);
  const back = (of: (refund: Event) => bigint | undefined) =>
    fitting.reduce((total, refund) => total + (of(refund) ?? 0n), 0n);
  const minor =
    sale.minor === null
      ? null
      : less(
          sale.minor,
          back((refund) => refund.minor ?? 0n),
        );
  const units =
    sale.quantity === null
      ? null
      : less(
          BigInt(sale.quantity),
          back(({ quantity }) => BigInt(quantity ?? 0)),
        );
  const isUsedUp = sale.minor ? minor === 0n : units === 0n;
  const isAllGone = fitting.some(isWhole);
  const isGone = isAllGone || isUsedUp;
  return {
    ...sale,
    isGone,
    whole: { ...sale, isGone: false },
    minor: minor === null ? null : isGone ? 0n : minor,
    quantity: units === null ? null : isGone ? 0 : Number(units),
    otherAmounts: Object.fromEntries(
      Object.entries(sale.otherAmounts).map(([name, amount]) => [
        name,
        isAllGone
          ? 0n
          : less(
              amount,
              back(({ otherAmounts }) => own(otherAmounts, name)),
            ),
      ]),
    ),
  };
}
