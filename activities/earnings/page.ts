import type { Database } from '../../db/database.ts';
import {
  type AccrualEvent,
  type AccrualProgram,
  type ContributionRow,
  type DueEvent,
  type HistoryEvent,
  listContributions,
  listDatedVersions,
  listHistory,
  listRevised,
  type OriginKey,
} from '../../db/earnings/accrual.ts';
import { listAgreementTerms } from '../../db/partners/agreements.ts';
import { readScopes } from '../../db/earnings/scopes.ts';
import { startOfDay } from '../../domain/calendar.ts';
import {
  type Change,
  type Context,
  type Contribution,
  type Earning,
  type Scope,
  scopeKey,
} from '../../domain/earnings/change.ts';
import { type Rating, ratingAt } from '../../domain/earnings/rating.ts';
import { remainingOf, whyNotRefund } from '../../domain/earnings/refund.ts';
import { partOf } from '../../domain/earnings/share.ts';
import { type ScopeName, type Target, targetsOf } from '../../domain/earnings/target.ts';
import type { RemainingEvent } from '../../domain/event.ts';
import type { TermsCache } from './terms-cache.ts';

/** The knowledge of a page while it goes through its events in order: later events see the effects of earlier ones. */
export type Page = Context & {
  /** The change that an event makes. A refund is early while its sale is not worked out yet. */
  readonly changeOf: (event: DueEvent) => Change | 'early';
  readonly remember: (event: DueEvent, change: Change, earned: readonly Earning[]) => void;
  readonly authorOf: (versionId: number) => string | null;
  /** Refunds that do not fit their sale, and take nothing back. */
  readonly misfits: readonly { event: DueEvent; reason: string }[];
  readonly changedScopes: () => Scope[];
};

const originOf = ({ source, id, refundOf, partnerId }: DueEvent): OriginKey => ({
  source,
  id: refundOf ?? id,
  partnerId,
});
const keyOf = ({ source, id, partnerId }: OriginKey): string => `${source}\n${id}\n${partnerId}`;

export async function openPage(
  tx: Database,
  program: AccrualProgram,
  due: readonly DueEvent[],
  cache: TermsCache,
): Promise<Page> {
  const { zone } = program;
  const ratings = await readRatings(tx, program, due, cache);
  const histories = await readHistories(tx, due);
  const counted = await readCounted(tx, histories);
  await cache.load(
    tx,
    [...counted.values()].flat().map(({ versionId }) => versionId),
  );
  const targets = new Map(due.filter(({ refundOf }) => refundOf === null).map((event) => [event, firstTargets(event)]));
  const names = [...targets].flatMap(([{ partnerId }, all]) =>
    all.flatMap(({ scope }) => (scope ? [{ ...scope, partnerId }] : [])),
  );
  const scopes = await readScopes(
    tx,
    program.id,
    [...new Map(names.map((name) => [scopeKey(name.partnerId, name), name])).values()],
    [...new Set([...counted.values()].flat().flatMap(({ scopeId }) => scopeId ?? []))],
  );
  const byId = new Map([...scopes.values()].map((scope) => [scope.id, scope]));
  const contributions = new Map(
    [...counted].map(([key, rows]) => [key, rows.map((row): Contribution => contributionOf(row, byId))]),
  );
  await cache.load(
    tx,
    [...scopes.values()].flatMap(({ segments, members }) =>
      [...segments, ...members.values()].map(({ versionId }) => versionId),
    ),
  );
  const changed = new Set<Scope>();
  const misfits: { event: DueEvent; reason: string }[] = [];

  function firstTargets(event: DueEvent): Target[] {
    const rating = ratings(event);
    return targetsBy(rating, partOf(remainingOf(event, []), event, event.partnerId));
  }

  /** A partner's part of an event, by the partner's terms. */
  function targetsBy(rating: Rating | null | undefined, part: RemainingEvent | null): Target[] {
    return rating && part ? targetsOf(part, cache.get(rating.versionId).terms, zone) : [];
  }

  function changeOf(event: DueEvent): Change | 'early' {
    const key = keyOf(originOf(event));
    const history = histories.get(key);
    const { partnerId, eventId, occurredAtMs: atMs } = event;
    if (!history) {
      const rating = ratings(event) ?? null;
      return { partnerId, originId: eventId, atMs, rating, targets: targets.get(event) ?? [], counted: [] };
    }
    history.finish(event);
    const { revisions, refunds, originId } = history;
    const content = revisions().at(-1);
    if (!content) return 'early';
    const known = contributions.get(key) ?? [];
    if (event.refundOf !== null) noteMisfit(event, revisions());
    const fitting = refunds().filter((refund) => revisions().some((sale) => whyNotRefund(refund, sale) === undefined));
    const rating = ratingOf(content, partnerId, known);
    return {
      partnerId,
      originId,
      atMs: content.occurredAtMs,
      rating,
      targets: targetsBy(rating, partOf(remainingOf(content, fitting), content, partnerId)),
      counted: known,
    };
  }

  /** An event keeps the terms by which it was rated. New terms are for events on another day, and for those that nobody rated yet. */
  function ratingOf(content: AccrualEvent, partnerId: bigint, known: readonly Contribution[]): Rating | null {
    const [rated] = known;
    const isMoved =
      rated !== undefined && content.occurredAtMs !== histories.get(keyOf({ ...content, partnerId }))?.ratedAtMs();
    return rated && !isMoved ? rated : (ratings({ ...content, partnerId }) ?? null);
  }

  function noteMisfit(refund: DueEvent, revisions: readonly AccrualEvent[]): void {
    const reasons = revisions.map((sale) => whyNotRefund(refund, sale));
    const [reason] = reasons;
    if (reason !== undefined && reasons.every((one) => one !== undefined)) misfits.push({ event: refund, reason });
  }

  return {
    zone,
    termsOf: (versionId) => cache.get(versionId).terms,
    authorOf: (versionId) => cache.get(versionId).createdBy,
    misfits,
    changeOf,
    scopeOf(partnerId, name) {
      const key = scopeKey(partnerId, name);
      const scope = scopes.get(key) ?? emptyScope(partnerId, name);
      scopes.set(key, scope);
      return scope;
    },
    remember(event, change, earned) {
      for (const { scope } of earned) if (scope) changed.add(scope);
      const key = keyOf(originOf(event));
      const history = histories.get(key);
      if (!history) return;
      history.rated(change.atMs);
      contributions.set(key, merge(change.counted, earned));
    },
    changedScopes: () => [...changed],
  };
}

const emptyScope = (partnerId: bigint, name: ScopeName): Scope => ({
  ...name,
  partnerId,
  id: null,
  earnedMinor: 0n,
  segments: [],
  members: new Map(),
});

/** The contributions of an event after a change. */
function merge(counted: readonly Contribution[], earned: readonly Earning[]): Contribution[] {
  const parts = [...counted];
  for (const earning of earned) {
    const index = parts.findIndex(
      (part) =>
        part.incentiveId === earning.incentiveId &&
        part.scope === earning.scope &&
        part.currency === earning.currency &&
        part.versionId === earning.versionId &&
        part.sinceMs === earning.sinceMs,
    );
    const before = parts[index];
    const measures = before
      ? { volume: before.measures.volume + earning.measures.volume, of: before.measures.of + earning.measures.of }
      : earning.measures;
    const part = { ...earning, measures, minor: (before?.minor ?? 0n) + earning.minor };
    if (before) parts[index] = part;
    else parts.push(part);
  }
  return parts;
}

function contributionOf(
  { volume, of, scopeId, ...row }: ContributionRow,
  scopes: ReadonlyMap<bigint | null, Scope>,
): Contribution {
  return { ...row, measures: { volume, of }, scope: scopeId === null ? null : (scopes.get(scopeId) ?? null) };
}

/** Reads the terms by which each partner's events are rated. */
async function readRatings(tx: Database, program: AccrualProgram, due: readonly DueEvent[], cache: TermsCache) {
  const terms = await listAgreementTerms(tx, program.id, [...new Set(due.map(({ partnerId }) => partnerId))]);
  const agreed = Map.groupBy(
    terms.map((term) => ({ ...term, sinceMs: startOfDay(term.from, program.zone) })),
    ({ partnerId }) => partnerId,
  );
  const versions = await listDatedVersions(tx, program.id);
  await cache.load(
    tx,
    versions.map(({ id }) => id),
  );
  return ({ partnerId, occurredAtMs }: Pick<DueEvent, 'partnerId' | 'occurredAtMs'>): Rating | undefined =>
    ratingAt(agreed.get(partnerId) ?? [], versions, occurredAtMs, program.zone);
}

type History = {
  readonly originId: bigint;
  /** The ids of all revisions, under any of which earnings may be written. */
  readonly ids: readonly bigint[];
  /** The revisions that are worked out, the highest last. */
  readonly revisions: () => AccrualEvent[];
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
async function readHistories(tx: Database, due: readonly DueEvent[]): Promise<Map<string, History>> {
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
  const rows = await listHistory(tx, origins.map(originOf));
  const grouped = Map.groupBy(rows, ({ source, id, refundOf, forPartnerId }) =>
    keyOf({ source, id: refundOf ?? id, partnerId: forPartnerId }),
  );
  return new Map([...grouped].map(([key, events]) => [key, historyOf(events)]));
}

function historyOf(events: readonly HistoryEvent[]): History {
  const open = new Set(events.filter(({ isDue }) => isDue).map(({ eventId }) => eventId));
  const ids = events.filter(({ refundOf }) => refundOf === null).map(({ eventId }) => eventId);
  const done = () => events.filter(({ eventId }) => !open.has(eventId));
  const revisions = () =>
    done()
      .filter(({ refundOf }) => refundOf === null)
      .toSorted((one, other) => one.revision - other.revision);
  let ratedAtMs = revisions().at(-1)?.occurredAtMs;
  return {
    originId: ids[0] ?? 0n,
    ids,
    revisions,
    refunds: () => latestOfEach(done().filter(({ refundOf }) => refundOf !== null)),
    finish: ({ eventId }) => void open.delete(eventId),
    rated: (atMs) => void (ratedAtMs = atMs),
    ratedAtMs: () => ratedAtMs,
  };
}

/** The highest revision of each refund. */
const latestOfEach = (refunds: readonly AccrualEvent[]): AccrualEvent[] => [
  ...new Map(
    refunds.toSorted((one, other) => one.revision - other.revision).map((refund) => [refund.id, refund]),
  ).values(),
];

/** Reads the contributions of the refunded or corrected events, by the keys of their histories. */
async function readCounted(
  tx: Database,
  histories: ReadonlyMap<string, History>,
): Promise<Map<string, ContributionRow[]>> {
  if (histories.size === 0) return new Map();
  const keys = new Map(
    [...histories].flatMap(([key, { ids }]) => ids.map((id) => [`${id}/${key.split('\n')[2]}`, key])),
  );
  const rows = await listContributions(
    tx,
    [...histories.values()].flatMap(({ ids }) => ids),
    [...new Set([...histories.keys()].map((key) => BigInt(key.split('\n')[2] ?? '0')))],
  );
  const grouped = Map.groupBy(rows, ({ originId, partnerId }) => keys.get(`${originId}/${partnerId}`) ?? '');
  grouped.delete('');
  return grouped;
}
