import type { RemainingEvent } from '../event.ts';
import { exactOf } from '../exact-amount.ts';
import { split } from '../money.ts';

/** The partners of a stored event: its own, and those of its shares in their order. An event without shares has none. */
export type Sharing = {
  readonly eventPartnerId: bigint;
  readonly shares: readonly { readonly partnerId: bigint; readonly weight: bigint }[];
};

/**
 * A partner's part of what is left of an event, or null where the event is not the partner's. Each amount and the quantity are split by
 * weight, so that the parts add up to the whole. Spare units go to the largest remainders, and ties go to the share that is named first.
 * The event itself cannot be split, so it counts as one event for the first share alone.
 */
export function partOf(event: RemainingEvent, sharing: Sharing, partnerId: bigint): RemainingEvent | null {
  const { shares, eventPartnerId } = sharing;
  if (shares.length === 0) return eventPartnerId === partnerId ? event : null;
  const mine = shares.flatMap((share, index) => (share.partnerId === partnerId ? [index] : []));
  if (mine.length === 0) return null;
  const weights = shares.map(({ weight }) => weight);
  const take = (whole: bigint): bigint => {
    const parts = split(whole, weights);
    return mine.reduce((total, index) => total + (parts[index] ?? 0n), 0n);
  };
  return portionOf(event, take, mine.includes(0));
}

function portionOf(event: RemainingEvent, take: (whole: bigint) => bigint, isFirst: boolean): RemainingEvent {
  const { minor, quantity, otherAmounts, whole } = event;
  const exact = exactOf(event);
  return {
    ...event,
    isGone: event.isGone || !isFirst,
    minor: minor === null ? null : take(minor),
    exact: exact === null ? null : take(exact),
    collectedMinor: take(event.collectedMinor),
    quantity: quantity === null ? null : Number(take(BigInt(quantity))),
    otherAmounts: Object.fromEntries(Object.entries(otherAmounts).map(([name, amount]) => [name, take(amount)])),
    ...(whole && { whole: portionOf(whole, take, isFirst) }),
  };
}
