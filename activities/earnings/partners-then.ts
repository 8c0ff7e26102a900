import type { Database } from '../../db/database.ts';
import { listAdmissions } from '../../db/earnings/admissions.ts';
import type { AccrualEvent, AccrualProgram, DueEvent } from '../../db/earnings/accrual.ts';
import { type KeptPartner, listKeptPartners, listKnownPartners, partnerOn } from '../../db/earnings/partners-then.ts';
import { localDate } from '../../domain/calendar.ts';
import { factsToEarn, whyNotEarn } from '../../domain/programs/eligibility.ts';
import type { PartnerThen } from '../../domain/programs/incentives/when-partner.ts';
import { doerOf, type PartOf } from './channel.ts';
import type { History } from './history.ts';

/** The treatment of an event whose partner may not be eligible: it earns, it earns nothing for a reason, or it waits for a person. */
type Barring = { readonly barred: string | null; readonly waits: boolean };
const FREE: Barring = { barred: null, waits: false };

export type PartnersThen = {
  /** Whether the event earns. */
  readonly barringOf: (part: PartOf) => Barring;
  /** The keys of the facts that decide whether the event earns. Empty where that is decided. */
  readonly factsToEarn: (part: PartOf) => readonly string[];
  /** The people who let these revisions of an event in: they admitted one, or wrote the needs of the program. */
  readonly admittersOf: (ids: readonly bigint[]) => readonly string[];
  /** Whether the partners are kept, whatever the incentives ask. */
  readonly isBarring: boolean;
  /** The partner on the local day of an event: as they were known when an event of that day was first worked out. */
  readonly thenOf: (part: PartOf) => PartnerThen | null;
  /** Whether it is kept who the partner was. */
  readonly isKept: (part: PartOf) => boolean;
  /** Remembers who the partner was. */
  readonly keep: (part: PartOf, barred: string | null) => void;
  readonly kept: readonly KeptPartner[];
};

/** Reads the partners of a page of events. A program whose incentives ask nothing about partners reads nothing. */
export async function readPartnersThen(
  tx: Database,
  { id, zone, admission = null }: AccrualProgram,
  due: readonly DueEvent[],
  histories: ReadonlyMap<string, History>,
  areAsked: boolean,
  isPast = false,
): Promise<PartnersThen> {
  const isAsked = areAsked || isPast || admission !== null;
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
  const admissions =
    admission !== null && !isPast
      ? await listAdmissions(tx, [...new Set([...due.map(({ eventId }) => eventId), ...eventIds])])
      : [];
  const kept: KeptPartner[] = [];
  const dayOf = ({ occurredAtMs }: Pick<AccrualEvent, 'occurredAtMs'>) => localDate(occurredAtMs, zone);
  const findKept = ({ event, partnerId, ids }: PartOf) =>
    ids.map((one) => earlier.get(keyOf(one, partnerId))).find((then) => then?.day === dayOf(event));
  const thenOf = (part: PartOf): PartnerThen | null => {
    const partner = known.get(part.partnerId);
    return findKept(part) ?? (partner ? partnerOn(partner, dayOf(part.event)) : null);
  };
  /** A person's decision about an event stands for all its revisions of one day. Otherwise the partner of the day decides. */
  function barringOf(part: PartOf): Barring {
    const was = findKept(part);
    if (was) return { barred: was.barred ?? null, waits: false };
    const partner = known.get(part.partnerId);
    if (isPast || part.wasWorkedOut || !partner || !admission || admission.eligibility.onIneligible === 'earn')
      return FREE;
    const barred = whyNotEarn(partner, admission, part.event.attributes, dayOf(part.event));
    if (barred === undefined) return FREE;
    const decided = admissions.findLast(
      (one) => one.partnerId === part.partnerId && part.ids.includes(one.eventId) && dayOf(one) === dayOf(part.event),
    );
    if (decided)
      return decided.decision === 'admit'
        ? FREE
        : { barred: `${barred}, and a person dismissed the event: ${decided.reason}`, waits: false };
    return { barred, waits: admission.eligibility.onIneligible === 'park' };
  }

  return {
    thenOf,
    barringOf,
    factsToEarn: (part) =>
      isPast || part.wasWorkedOut || !admission || findKept(part) ? [] : factsToEarn(admission.eligibility),
    admittersOf: (ids) => [
      ...(admission?.by ? [admission.by] : []),
      ...admissions.flatMap((one) => (ids.includes(one.eventId) && one.decision === 'admit' ? one.decidedBy : [])),
    ],
    isBarring: admission !== null,
    isKept: (part) => findKept(part) !== undefined,
    keep(part, barred) {
      const { event, partnerId } = part;
      const was = thenOf(part);
      if (!was || findKept(part)) return;
      earlier.set(keyOf(event.eventId, partnerId), { ...was, barred });
      kept.push({ eventId: event.eventId, partnerId, was: { ...was, barred } });
    },
    kept,
  };
}
