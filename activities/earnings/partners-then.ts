import type { Database } from '../../db/database.ts';
import type { AccrualEvent, AccrualProgram, DueEvent } from '../../db/earnings/accrual.ts';
import { type KeptPartner, listKeptPartners, listKnownPartners, partnerOn } from '../../db/earnings/partners-then.ts';
import { localDate } from '../../domain/calendar.ts';
import type { PartnerThen } from '../../domain/programs/incentives/when-partner.ts';
import { doerOf } from './channel.ts';
import type { History } from './history.ts';

/** An event as one partner's, and the ids of all its revisions. */
export type PartOf = { readonly event: AccrualEvent; readonly partnerId: bigint; readonly ids: readonly bigint[] };

export type PartnersThen = {
  /** The partner on the local day of an event: as they were known when an event of that day was first worked out. */
  readonly thenOf: (part: PartOf) => PartnerThen | null;
  /** Whether it is kept who the partner was. */
  readonly isKept: (part: PartOf) => boolean;
  /** Remembers who the partner was. */
  readonly keep: (part: PartOf) => void;
  readonly kept: readonly KeptPartner[];
};

/** Reads the partners of a page of events. A program whose incentives ask nothing about partners reads nothing. */
export async function readPartnersThen(
  tx: Database,
  { id, zone }: AccrualProgram,
  due: readonly DueEvent[],
  histories: ReadonlyMap<string, History>,
  isAsked: boolean,
  isPast = false,
): Promise<PartnersThen> {
  const partnerIds = isAsked ? [...new Set(due.map(doerOf))] : [];
  // The facts of past events are kept. A partner above is worked out after the one below, whose facts are kept by then.
  const above = due.filter(({ childId }) => isPast || childId !== null).map(({ eventId }) => eventId);
  const eventIds = isAsked ? [...above, ...[...histories.values()].flatMap(({ ids }) => ids)] : [];
  const known = new Map(
    (partnerIds.length > 0 ? await listKnownPartners(tx, id, partnerIds) : []).map((row) => [row.partnerId, row]),
  );
  const keyOf = (eventId: bigint, partnerId: bigint) => `${eventId}/${partnerId}`;
  const earlier = new Map(
    (eventIds.length > 0 ? await listKeptPartners(tx, eventIds, partnerIds) : []).map(({ eventId, partnerId, was }) => [
      keyOf(eventId, partnerId),
      was,
    ]),
  );
  const kept: KeptPartner[] = [];
  const dayOf = ({ occurredAtMs }: AccrualEvent) => localDate(occurredAtMs, zone);
  const findKept = ({ event, partnerId, ids }: PartOf) =>
    ids.map((one) => earlier.get(keyOf(one, partnerId))).find((then) => then?.day === dayOf(event));
  const thenOf = (part: PartOf): PartnerThen | null => {
    const partner = known.get(part.partnerId);
    return findKept(part) ?? (partner ? partnerOn(partner, dayOf(part.event)) : null);
  };
  return {
    thenOf,
    isKept: (part) => findKept(part) !== undefined,
    keep(part) {
      const { event, partnerId } = part;
      const was = thenOf(part);
      if (!was || findKept(part)) return;
      earlier.set(keyOf(event.eventId, partnerId), was);
      kept.push({ eventId: event.eventId, partnerId, was });
    },
    kept,
  };
}
