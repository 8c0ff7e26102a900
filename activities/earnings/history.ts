import type { Database } from '../../db/database.ts';
import {
  type AccrualEvent,
  type ContributionRow,
  type DueEvent,
  type HistoryEvent,
  listContributions,
  listHistory,
  type OriginKey,
} from '../../db/earnings/accrual.ts';
import { listRevised } from '../../db/earnings/known-events.ts';
import { latestOfEach, NO_REFUND, type Refunded, whyNotAbout, withRefund } from '../../domain/earnings/refund.ts';

/** The history of the events that are refunded or corrected: their revisions, their refunds and their contributions. */

export const originOf = ({ source, id, about, partnerId, childId }: DueEvent): OriginKey => ({
  source,
  id: about ?? id,
  partnerId,
  childId,
});
export const keyOf = ({ source, id, partnerId, childId }: OriginKey): string =>
  `${source}\n${id}\n${partnerId}\n${childId ?? ''}`;

export type History = {
  readonly partnerId: bigint;
  readonly childId: bigint | null;
  readonly originId: bigint;
  /** All revisions, also those that are still to be worked out. */
  readonly known: readonly HistoryEvent[];
  /** The ids of all revisions, under any of which earnings may be written. */
  readonly ids: readonly bigint[];
  /** The revisions that are worked out, the highest last. */
  readonly revisions: () => readonly HistoryEvent[];
  /** The refunds and payments that are worked out and fit one of these revisions, or for a partner above, one of those of others. */
  readonly changes: () => readonly AccrualEvent[];
  /** The sums of these for the highest revision. It costs the same for the thousandth refund as for the first. */
  readonly refunded: () => Refunded;
  readonly finish: (event: DueEvent) => void;
  /** Takes back `finish`, because the event waits. */
  readonly reopen: (event: DueEvent) => void;
  /** Notes when the event that was rated happened. */
  readonly rated: (atMs: number) => void;
  readonly ratedAtMs: () => number | undefined;
};

/**
 * Reads the histories of the events that are refunded, corrected or shared. Any other event that is new has none. A refund that came before
 * its sale is known only for the partner whom it names. The partners of a shared sale, or of one that another partner made, look for it here.
 */
export async function readHistories(
  tx: Database,
  programId: number,
  due: readonly DueEvent[],
): Promise<Map<string, History>> {
  const revised = new Set(
    (
      await listRevised(
        tx,
        due.filter(({ about }) => about === null),
      )
    ).map(({ source, id }) => `${source}\n${id}`),
  );
  const origins = due.filter(
    ({ about, source, id, revision, shares }) =>
      about !== null || revision > 1 || shares.length > 0 || revised.has(`${source}\n${id}`),
  );
  return readHistoriesOf(tx, programId, origins.map(originOf));
}

/** Reads the histories of some events, whether anything happened to them or not. */
export async function readHistoriesOf(
  tx: Database,
  programId: number,
  origins: readonly OriginKey[],
): Promise<Map<string, History>> {
  if (origins.length === 0) return new Map();
  const rows = await listHistory(tx, programId, origins);
  const grouped = Map.groupBy(rows, ({ source, id, about, forPartnerId, forChildId }) =>
    keyOf({ source, id: about ?? id, partnerId: forPartnerId, childId: forChildId }),
  );
  return new Map([...grouped].flatMap(([key, events]) => historyOf(events).map((history) => [key, history] as const)));
}

export function historyOf(events: readonly HistoryEvent[]): History[] {
  const [first] = events;
  if (!first) return [];
  const open = new Set(events.filter(({ isDue }) => isDue).map(({ eventId }) => eventId));
  const known = events.filter(({ about }) => about === null);
  const changes = events.filter(({ about }) => about !== null);
  const corrected = new Set(changes.filter(({ revision }) => revision > 1).map(({ id }) => id));
  const ids = known.map(({ eventId }) => eventId);
  const done = (some: readonly HistoryEvent[]) => some.filter(({ eventId }) => !open.has(eventId));
  const doneRevisions = () => done(known).toSorted((one, other) => one.revision - other.revision);
  let revisions = doneRevisions();
  let ratedAtMs = revisions.at(-1)?.occurredAtMs;
  const fits = (refund: AccrualEvent) =>
    (first.forChildId === null ? revisions : known).some((sale) => whyNotAbout(refund, sale) === undefined);
  const fitting = () => latestOfEach(done(changes)).filter(fits);
  /** The running sums of the refunds. Null where they must be summed anew. */
  let refunded: Refunded | null = null;
  const add = (sums: Refunded, refund: AccrualEvent): Refunded => {
    const content = revisions.at(-1);
    return content && fits(refund) ? withRefund(sums, refund, content) : sums;
  };
  return [
    {
      partnerId: first.forPartnerId,
      childId: first.forChildId,
      originId: ids[0] ?? 0n,
      known,
      ids,
      revisions: () => revisions,
      changes: fitting,
      refunded: () => (refunded ??= fitting().reduce(add, NO_REFUND)),
      finish(event) {
        if (!open.delete(event.eventId)) return;
        if (event.about === null) revisions = doneRevisions();
        refunded = event.about === null || corrected.has(event.id) ? null : refunded && add(refunded, event);
      },
      reopen(event) {
        open.add(event.eventId);
        revisions = doneRevisions();
        refunded = null;
      },
      rated: (atMs) => void (ratedAtMs = atMs),
      ratedAtMs: () => ratedAtMs,
    },
  ];
}

/** Reads the contributions of the refunded or corrected events, by the keys of their histories. */
export async function readCounted(
  tx: Database,
  histories: ReadonlyMap<string, History>,
): Promise<Map<string, ContributionRow[]>> {
  if (histories.size === 0) return new Map();
  const keys = new Map(
    [...histories].flatMap(([key, { ids, partnerId, childId }]) =>
      ids.map((id) => [channelOf({ originId: id, partnerId, childId }), key]),
    ),
  );
  const rows = await listContributions(
    tx,
    [...histories.values()].flatMap(({ ids }) => ids),
    [...new Set([...histories.values()].map(({ partnerId }) => partnerId))],
  );
  const grouped = Map.groupBy(rows, (row) => keys.get(channelOf(row)) ?? '');
  grouped.delete('');
  return grouped;
}

const channelOf = ({
  originId,
  partnerId,
  childId,
}: Pick<ContributionRow, 'originId' | 'partnerId' | 'childId'>): string => `${originId}/${partnerId}/${childId ?? ''}`;
