import type { Database } from '../../db/database.ts';
import type { AccrualEvent, DueEvent, HistoryEvent } from '../../db/earnings/accrual.ts';
import { type EventAncestor, listAncestors } from '../../db/earnings/ancestors.ts';
import { listParents, type PartnerParent } from '../../db/partners/parents.ts';
import { localDate } from '../../domain/calendar.ts';
import { isOurs } from '../../domain/event.ts';
import { termOn } from '../../domain/partners/agreement.ts';
import { type History, keyOf, originOf } from './history.ts';

/**
 * The partners above those of events. They are found when an event is worked out for its own partner, by the terms and the hierarchy of its
 * day, and are kept with those terms: a later change of the hierarchy or of an agreement is for events that are not worked out yet.
 */

export type Hierarchy = {
  /** The parents of partners, and theirs, as many levels up as terms pay. */
  readonly parents: Parents;
  /** The partners above who were named for revisions of the refunded and corrected events, by `namedKey`. */
  readonly named: Map<string, readonly EventAncestor[]>;
};
type Parents = ReadonlyMap<bigint, readonly PartnerParent[]>;

const namedKey = (eventId: bigint, childId: bigint): string => `${eventId}/${childId}`;

export async function readHierarchy(
  tx: Database,
  due: readonly DueEvent[],
  histories: ReadonlyMap<string, History>,
  levels: number,
): Promise<Hierarchy> {
  const partners = due
    .filter(({ childId, kind }) => childId === null && !isOurs(kind))
    .map(({ partnerId }) => partnerId);
  const revisions = [...histories.values()].filter(({ childId }) => childId === null).flatMap(({ ids }) => ids);
  return {
    parents: await readParents(tx, [...new Set(partners)], levels),
    named: Map.groupBy(
      revisions.length === 0 ? [] : await listAncestors(tx, [...new Set(revisions)]),
      ({ eventId, childId }) => namedKey(eventId, childId),
    ),
  };
}

type Page = {
  readonly zone: string;
  readonly histories: ReadonlyMap<string, History>;
  /** The terms by which an event is rated for a partner, and the levels above the partner whom they pay for it. */
  readonly paidLevels: (
    content: AccrualEvent,
    partnerId: bigint,
  ) => { readonly versionId: number; readonly levels: readonly number[] } | undefined;
};

type Paid = Pick<EventAncestor, 'partnerId' | 'level' | 'versionId'>;
const UNPAID = { level: null, versionId: null };

/** Names the partners above for an event that is worked out for its own partner, before the page remembers it. */
export function ancestorsBy({ parents, named }: Hierarchy, { zone, histories, paidLevels }: Page) {
  function paidAbove(content: AccrualEvent, partnerId: bigint): Paid[] {
    const paid = parents.has(partnerId) ? paidLevels(content, partnerId) : undefined;
    if (!paid) return [];
    const { versionId, levels } = paid;
    const day = localDate(content.occurredAtMs, zone);
    return levels.flatMap((level) => {
      const above = parentAt(parents, partnerId, day, level);
      return above === undefined ? [] : [{ partnerId: above, level, versionId }];
    });
  }

  return (event: DueEvent): EventAncestor[] => {
    const { eventId, partnerId: childId } = event;
    if (event.childId !== null || isOurs(event.kind)) return [];
    const history = histories.get(keyOf(originOf(event)));
    const before = new Map(
      (history?.ids ?? []).flatMap((id) => named.get(namedKey(id, childId)) ?? []).map((one) => [one.partnerId, one]),
    );
    if (event.about !== null) return [...before.values()].map((one) => ({ ...one, eventId }));
    const last = history?.revisions().findLast((revision) => revision.eventId !== eventId);
    // A revision that is worked out after a higher one pays nobody: the content of the higher one counts.
    if (last && last.revision > event.revision)
      return [...before.values()].map((one) => ({ ...one, eventId, ...UNPAID }));
    const above =
      last && isSameDay(last, event, childId)
        ? (named.get(namedKey(last.eventId, childId)) ?? []).filter(({ level }) => level !== null)
        : paidAbove(event, childId);
    const paid = new Map(above.map(({ partnerId, level, versionId }) => [partnerId, { level, versionId }]));
    const found = [...new Set([...paid.keys(), ...before.keys()])].map((partnerId) => ({
      eventId,
      childId,
      partnerId,
      ...(paid.get(partnerId) ?? UNPAID),
    }));
    if (history && found.length > 0) named.set(namedKey(eventId, childId), found);
    return found;
  };
}

/** Whether a revision keeps the partners above of the one before: it is still of the partner, and at the same instant. */
const isSameDay = (before: HistoryEvent, event: DueEvent, partnerId: bigint): boolean =>
  before.occurredAtMs === event.occurredAtMs && isOf(before, partnerId) && isOf(event, partnerId);

/** Whether an event is a partner's, alone or with others. */
export const isOf = ({ shares, eventPartnerId }: AccrualEvent, partnerId: bigint): boolean =>
  shares.length === 0 ? eventPartnerId === partnerId : shares.some((share) => share.partnerId === partnerId);

/** Reads the parents of partners, and theirs, as many levels up as terms pay. */
async function readParents(tx: Database, partnerIds: readonly bigint[], levels: number): Promise<Parents> {
  const parents = new Map<bigint, PartnerParent[]>();
  let asked = partnerIds;
  for (let level = 0; level < levels && asked.length > 0; level += 1) {
    const found = await listParents(tx, asked);
    for (const row of found) parents.set(row.partnerId, [...(parents.get(row.partnerId) ?? []), row]);
    asked = [...new Set(found.map(({ parentId }) => parentId))].filter((id) => !parents.has(id));
  }
  return parents;
}

function parentAt(parents: Parents, partnerId: bigint, day: string, level: number): bigint | undefined {
  const parent = termOn(parents.get(partnerId) ?? [], day)?.parentId;
  return parent === undefined || level === 1 ? parent : parentAt(parents, parent, day, level - 1);
}
