import type { Database } from '../../db/database.ts';
import {
  type AccrualEvent,
  type ContributionRow,
  type DueEvent,
  type HistoryEvent,
  listContributions,
  listHistory,
  listRevised,
  type OriginKey,
} from '../../db/earnings/accrual.ts';

/** The history of the events that are refunded or corrected: their revisions, their refunds and their contributions. */

export const originOf = ({ source, id, refundOf, partnerId, childId }: DueEvent): OriginKey => ({
  source,
  id: refundOf ?? id,
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
  readonly revisions: () => HistoryEvent[];
  readonly refunds: () => AccrualEvent[];
  readonly finish: (event: DueEvent) => void;
  /** Notes when the event that was rated happened. */
  readonly rated: (atMs: number) => void;
  readonly ratedAtMs: () => number | undefined;
};

/**
 * Reads the histories of the events that are refunded, corrected or shared. Any other event that is new has none. A refund that came before
 * a shared event is known only for one of its partners, so the others look for it here.
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
        due.filter(({ refundOf }) => refundOf === null),
      )
    ).map(({ source, id }) => `${source}\n${id}`),
  );
  const origins = due.filter(
    ({ refundOf, source, id, revision, shares }) =>
      refundOf !== null || revision > 1 || shares.length > 0 || revised.has(`${source}\n${id}`),
  );
  if (origins.length === 0) return new Map();
  const rows = await listHistory(tx, programId, origins.map(originOf));
  const grouped = Map.groupBy(rows, ({ source, id, refundOf, forPartnerId, forChildId }) =>
    keyOf({ source, id: refundOf ?? id, partnerId: forPartnerId, childId: forChildId }),
  );
  return new Map([...grouped].flatMap(([key, events]) => historyOf(events).map((history) => [key, history] as const)));
}

function historyOf(events: readonly HistoryEvent[]): History[] {
  const [first] = events;
  if (!first) return [];
  const open = new Set(events.filter(({ isDue }) => isDue).map(({ eventId }) => eventId));
  const ids = events.filter(({ refundOf }) => refundOf === null).map(({ eventId }) => eventId);
  const done = () => events.filter(({ eventId }) => !open.has(eventId));
  const revisions = () =>
    done()
      .filter(({ refundOf }) => refundOf === null)
      .toSorted((one, other) => one.revision - other.revision);
  let ratedAtMs = revisions().at(-1)?.occurredAtMs;
  return [
    {
      partnerId: first.forPartnerId,
      childId: first.forChildId,
      originId: ids[0] ?? 0n,
      known: events.filter(({ refundOf }) => refundOf === null),
      ids,
      revisions,
      refunds: () => latestOfEach(done().filter(({ refundOf }) => refundOf !== null)),
      finish: ({ eventId }) => void open.delete(eventId),
      rated: (atMs) => void (ratedAtMs = atMs),
      ratedAtMs: () => ratedAtMs,
    },
  ];
}

/** The highest revision of each refund. */
const latestOfEach = (refunds: readonly AccrualEvent[]): AccrualEvent[] => [
  ...new Map(
    refunds.toSorted((one, other) => one.revision - other.revision).map((refund) => [refund.id, refund]),
  ).values(),
];

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
