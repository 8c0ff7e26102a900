import type { AccrualEvent, AccrualProgram, DueEvent } from '../../db/earnings/accrual.ts';
import type { EventAncestor } from '../../db/earnings/ancestors.ts';
import type { KeptPartner } from '../../db/earnings/partners-then.ts';
import type { ScopeOfPartner } from '../../db/earnings/scopes.ts';
import {
  type Change,
  type Context,
  type Contribution,
  type Earning,
  type Scope,
  scopeKey,
} from '../../domain/earnings/change.ts';
import type { Rating } from '../../domain/earnings/rating.ts';
import { fitsNoMore, remainingAfter, remainingOf, whyNotAbout } from '../../domain/earnings/refund.ts';
import { partOf } from '../../domain/earnings/share.ts';
import { addMeasures, isNothing } from '../../domain/earnings/scope.ts';
import { type ScopeName, type Target, targetsOf } from '../../domain/earnings/target.ts';
import type { RemainingEvent } from '../../domain/event.ts';
import { asksAboutPartners, levelsAbove } from '../../domain/programs/plan.ts';
import { type History, keyOf, originOf } from './history.ts';
import { ancestorsBy } from './ancestors.ts';
import type { PartOf } from './partners-then.ts';
import type { Past } from './past.ts';
import type { TermsCache } from './terms-cache.ts';

/** The knowledge of a page while it goes through its events in order: later events see the effects of earlier ones. */
export type Page = Context & {
  /** The change that an event makes. A refund is early while its sale is not worked out yet. */
  readonly changeOf: (event: DueEvent) => Change | 'early';
  /** The window that an event of ours closes. Undefined for any other event. */
  readonly closingOf: (event: DueEvent) => Scope | undefined;
  /** The partners above for whom an event is still to be worked out, now that it is worked out for its own partner. */
  readonly ancestorsOf: (event: DueEvent) => EventAncestor[];
  readonly remember: (event: DueEvent, change: Change | null, earned: readonly Earning[]) => void;
  readonly authorOf: (versionId: number) => string | null;
  /** Refunds that do not fit their sale, and take nothing back. */
  readonly misfits: readonly { event: DueEvent; reason: string }[];
  readonly changedScopes: () => Scope[];
  /** Those of its partners about whom an incentive asks, to be kept with their events. */
  readonly keptPartners: readonly KeptPartner[];
};

export async function openPage(
  past: Past,
  { zone }: AccrualProgram,
  due: readonly DueEvent[],
  cache: TermsCache,
): Promise<Page> {
  const ratings = await past.ratings(due);
  const histories = await past.histories(due);
  const partners = await past.partners(due, histories);
  const above = ancestorsBy(await past.ancestors(due, histories), { zone, histories, paidLevels });
  const targets = new Map(due.filter(({ about }) => about === null).map((event) => [event, firstTargets(event)]));
  const { scopes, contributions } = await past.state(due, histories, (counted) => [
    ...[...targets].flatMap(([{ partnerId }, all]) => namesIn(partnerId, all)),
    ...[...histories].flatMap(([key, history]) => namesOf(history, counted.get(key) ?? [])),
  ]);
  const closing = new Map([...scopes.values()].map((scope) => [scope.closingId, scope]));
  const changed = new Set<Scope>();
  const misfits: { event: DueEvent; reason: string }[] = [];

  function firstTargets(event: DueEvent): Target[] {
    return targetsBy(ratings(event), partFor(event, remainingOf(event, []), event), {
      event,
      partnerId: doerOf(event),
      ids: [event.eventId],
      level: levelFor(event),
    });
  }

  /** The scopes in which the revisions of an event may count: by the terms by which it was rated, or by those of its day. */
  function namesOf({ known, partnerId, childId, ids }: History, rows: readonly Rating[]): ScopeOfPartner[] {
    return known.flatMap((revision) => {
      const ratingsOf = new Map(
        [...rows, ratings({ ...revision, partnerId, childId })].flatMap((rating) =>
          rating ? [[rating.versionId, rating]] : [],
        ),
      );
      const level = childId === null ? 0 : revision.level;
      return [...ratingsOf.values()].flatMap((rating) =>
        namesIn(
          partnerId,
          targetsBy(rating, remainingOf(revision, []), {
            event: revision,
            partnerId: doerOf({ partnerId, childId }),
            ids,
            level,
          }),
        ),
      );
    });
  }

  /** A partner's part of an event by the terms of that partner, for the one who is so far above. Without a level, nobody earns by it. */
  function targetsBy(
    rating: Rating | null | undefined,
    rest: RemainingEvent | null,
    part: PartOf & { readonly level: number | null },
  ): Target[] {
    const { level } = part;
    if (!rating || !rest || level === null) return [];
    const { terms } = cache.get(rating.versionId);
    return targetsOf(rest, terms, { zone, level, partner: asksAboutPartners(terms) ? partners.thenOf(part) : null });
  }

  /** The levels above a partner whom the terms of an event's day pay for it. */
  function paidLevels(content: AccrualEvent, partnerId: bigint): number[] {
    const channel = { partnerId, childId: null };
    const rating = ratingOf(content, channel);
    if (!rating) return [];
    const rest = partFor(channel, remainingOf(content, []), content);
    const part = { event: content, partnerId, ids: [content.eventId] };
    return levelsAbove(cache.get(rating.versionId).terms).filter(
      (level) => targetsBy(rating, rest, { ...part, level }).length > 0,
    );
  }

  function keepPartner(rating: Rating | null, part: PartOf): void {
    if (rating && asksAboutPartners(cache.get(rating.versionId).terms)) partners.keep(part);
  }

  function changeOf(event: DueEvent): Change | 'early' {
    const key = keyOf(originOf(event));
    const history = histories.get(key);
    const { partnerId, eventId, occurredAtMs: atMs } = event;
    if (!history) {
      const rating = ratings(event) ?? null;
      if (event.childId === null) keepPartner(rating, { event, partnerId, ids: [eventId] });
      return {
        partnerId,
        originId: eventId,
        key: nameOf(event),
        atMs,
        rating,
        targets: targets.get(event) ?? [],
        counted: [],
      };
    }
    history.finish(event);
    const { revisions, changes, refunded, originId } = history;
    const sales = revisions();
    const content = sales.at(-1);
    if (!content) return 'early';
    const known = contributions.get(key) ?? [];
    if (event.about !== null) noteMisfit(event, sales);
    if (event.about === null)
      for (const change of changes())
        noteMisfit({ ...change, partnerId, childId: event.childId }, [content], fitsNoMore);
    const rating = ratingOf(content, event, known);
    const part = {
      event: content,
      partnerId: doerOf(event),
      ids: history.ids,
      level: levelFor({ ...event, level: content.level }),
    };
    if (event.childId === null) keepPartner(rating, part);
    return {
      partnerId,
      originId,
      key: nameOf(content),
      atMs: content.occurredAtMs,
      rating,
      targets: targetsBy(rating, partFor(event, remainingAfter(content, refunded()), content), part),
      counted: known,
    };
  }

  /** An event keeps the terms by which it was rated. New terms are for events on another day, and for those that nobody rated yet. */
  function ratingOf(
    content: AccrualEvent,
    { partnerId, childId }: Channel,
    known = contributions.get(keyOf({ ...content, partnerId, childId })) ?? [],
  ): Rating | null {
    const rated = known.findLast(({ measures, minor }) => minor !== 0n || !isNothing(measures)) ?? known.at(-1);
    const isMoved =
      rated !== undefined &&
      content.occurredAtMs !== histories.get(keyOf({ ...content, partnerId, childId }))?.ratedAtMs();
    return rated && !isMoved ? rated : (ratings({ ...content, partnerId, childId }) ?? null);
  }

  function noteMisfit(refund: DueEvent, revisions: readonly AccrualEvent[], why = whyNotAbout): void {
    if (refund.childId !== null) return;
    const reasons = revisions.map((sale) => why(refund, sale));
    const [reason] = reasons;
    if (reason !== undefined && reasons.every((one) => one !== undefined)) misfits.push({ event: refund, reason });
  }

  return {
    zone,
    termsOf: (versionId) => cache.get(versionId).terms,
    authorOf: (versionId) => cache.get(versionId).createdBy,
    misfits,
    changeOf,
    ancestorsOf: above,
    closingOf: ({ eventId }) => closing.get(eventId),
    scopeOf(partnerId, name) {
      const key = scopeKey(partnerId, name);
      const scope = scopes.get(key) ?? emptyScope(partnerId, name);
      scopes.set(key, scope);
      return scope;
    },
    remember(event, change, earned) {
      for (const { scope } of earned) if (scope) changed.add(scope);
      if (!change) return;
      const key = keyOf(originOf(event));
      const history = histories.get(key);
      if (!history) return;
      history.rated(change.atMs);
      contributions.set(key, merge(change.counted, earned));
    },
    changedScopes: () => [...changed],
    keptPartners: partners.kept,
  };
}

const namesIn = (partnerId: bigint, targets: readonly Target[]): ScopeOfPartner[] =>
  targets.flatMap(({ scope }) => (scope ? [{ ...scope, partnerId }] : []));

/** The partner whose earnings are worked out, and the partner below by whose part, if it is not the partner's own. */
export type Channel = Pick<DueEvent, 'partnerId' | 'childId'>;

/** The partner whose part it is. */
const doerOf = ({ partnerId, childId }: Channel): bigint => childId ?? partnerId;

const partFor = (
  { partnerId, childId }: Channel,
  event: RemainingEvent,
  content: AccrualEvent,
): RemainingEvent | null => partOf(event, content, doerOf({ partnerId, childId }));

const levelFor = ({ childId, level = null }: Pick<DueEvent, 'childId' | 'level'>): number | null =>
  childId === null ? 0 : level;

const nameOf = ({ source, id }: AccrualEvent): string => `${source}/${id}`;

const emptyScope = (partnerId: bigint, name: ScopeName): Scope => ({
  ...name,
  partnerId,
  id: null,
  earnedMinor: 0n,
  closingId: null,
  madeBy: new Set(),
  isClosed: false,
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
    const measures = before ? addMeasures(before.measures, earning.measures) : earning.measures;
    const part = {
      ...earning,
      measures,
      minor: (before?.minor ?? 0n) + earning.minor,
      uncollectedMinor: (before?.uncollectedMinor ?? 0n) + earning.uncollectedMinor,
    };
    if (before) parts[index] = part;
    else parts.push(part);
  }
  return parts;
}
