import { localDate } from '../../domain/calendar.ts';
import type { AccrualEvent, AccrualProgram, DueEvent } from '../../db/earnings/accrual.ts';
import type { EventAncestor } from '../../db/earnings/ancestors.ts';
import type { Wait, Waiting } from '../../db/earnings/events.ts';
import type { KeptPartner } from '../../db/earnings/partners-then.ts';
import type { Change, Context, Contribution, Earning } from '../../domain/earnings/change.ts';
import { ratingOfKnown } from '../../domain/earnings/change.ts';
import { type Scope, scopeKey } from '../../domain/earnings/scope-state.ts';
import { placingBy } from '../../domain/earnings/lateness.ts';
import type { Rating } from '../../domain/earnings/rating.ts';
import { fitsNoMore, remainingAfter, remainingOf, whyNotAbout } from '../../domain/earnings/refund.ts';
import { atPar, type Circumstances, rateNeedsOf } from '../../domain/earnings/conversion.ts';
import { askedBy, scopeNamesOf } from '../../domain/earnings/asked-scopes.ts';
import { isCertain, type Target, targetsOf, targetsOrGap } from '../../domain/earnings/target.ts';
import type { RemainingEvent } from '../../domain/event.ts';
import { type Conversion, gapName, isSameNeed, type RateNeed } from '../../domain/programs/exchange-rate.ts';
import { asksAboutPartners, factsAsked, levelsAbove, type PlanTerms } from '../../domain/programs/plan.ts';
import { type History, keyOf, originOf } from './history.ts';
import { ancestorsBy, isOf } from './ancestors.ts';
import type { Budgets } from './budgets.ts';
import {
  type Channel,
  doerOf,
  type Leveled,
  levelFor,
  nameOf,
  type PartAt,
  partFor,
  type PartOf,
  type Rated,
  revisionsFor,
} from './channel.ts';
import { contributionsAfter, emptyScope } from './contributions.ts';
import type { AskedByPage, Closing, Past } from './past.ts';
import { quotaKeyOf, textOf } from './quotas.ts';
import type { TermsCache } from './terms-cache.ts';

/** The knowledge of a page while it goes through its events in order: later events see the effects of earlier ones. */
export type Page = Context & {
  /** The change that an event makes. A refund waits while its sale is not worked out yet, and an event without its rate waits for it. */
  readonly changeOf: (event: DueEvent) => Change | Waiting;
  /** The window that an event of ours closes, or gives another part of its pool. Undefined for any other event. */
  readonly closingOf: (event: DueEvent) => Closing | undefined;
  /** The windows whose quota an event of ours changed, with the quota that is now in force. Undefined for any other event. */
  readonly quotedBy: (event: DueEvent) => readonly { scope: Scope; quota: bigint | null }[] | undefined;
  /** The partners above for whom an event is still to be worked out, now that it is worked out for its own partner. */
  readonly ancestorsOf: (event: DueEvent) => EventAncestor[];
  readonly remember: (event: DueEvent, change: Change | null, earned: readonly Earning[]) => void;
  readonly authorOf: (versionId: number) => string | null;
  /** The people who let an event in: they admitted it although its partner was not eligible, or wrote the needs of the program. */
  readonly admittersOf: (event: DueEvent) => readonly string[];
  /** The people who recorded the rates of a conversion. */
  readonly recordersOf: (converted: Conversion) => string[];
  readonly budgets: Budgets;
  /** Why a refund does not fit its sale and takes nothing back, by its source and id. Null where it fits. */
  readonly misfits: ReadonlyMap<string, string | null>;
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
  const dayOf = ({ occurredAtMs }: AccrualEvent) => localDate(occurredAtMs, zone);
  const today = localDate(Date.now(), zone);
  const ratings = await past.ratings(due);
  const histories = await past.histories(due);
  const partners = await past.partners(due, histories);
  const rungWait = await past.rungs(due);
  const above = ancestorsBy(await past.ancestors(due, histories), { zone, histories, paidLevels });
  const first = new Map(due.flatMap((event) => firstOf(event).map((rated) => [event, rated])));
  const targets = new Map([...first].map(([event, rated]) => [event, targetsAtPar(rated)]));
  const { scopes, contributions, closingOf, quotas, closings } = await past.state(due, histories, (counted) => [
    ...[...first].flatMap(([event, rated]) => namesOf(event.partnerId, rated, targets.get(event))),
    ...[...histories].flatMap(([key, history]) =>
      revisionsOf(history, counted.get(key) ?? []).flatMap((rated) => namesOf(history.partnerId, rated)),
    ),
  ]);
  const earlier = [...histories].flatMap(([key, history]) => revisionsOf(history, contributions.get(key) ?? []));
  const rates = await past.rates(
    [...first.values(), ...earlier].flatMap(({ rating, rest, part }) =>
      part.level === null ? [] : rateNeedsOf(rest, termsBy(rating), circumstancesOf(rating, part, part.level)),
    ),
  );
  const budgets = await past.budgets({ targets: [...targets.values()].flat(), earlier, scopes: scopes.values() });
  const changed = new Set<Scope>();
  const misfits = new Map<string, string | null>();

  function firstOf(event: DueEvent): Rated[] {
    if (event.about !== null) return [];
    const rating = ratings(event);
    const rest = partFor(event, remainingOf(event, []), event);
    const of = { partnerId: doerOf(event), level: levelFor(event), wasWorkedOut: event.childId !== null };
    const part = { event, ids: [event.eventId], ...of };
    return rating && rest ? [{ rating, rest, part }] : [];
  }

  /** The revisions of an event, by the terms by which it was rated and by those of their days. */
  function revisionsOf({ known, partnerId, childId, ids }: History, rows: readonly Rating[]): Rated[] {
    const ratingsOf = new Map(
      [...rows, ...known.map((revision) => ratings({ ...revision, partnerId, childId }))].flatMap((rating) =>
        rating ? [[rating.versionId, rating]] : [],
      ),
    );
    return known.flatMap((revision) => {
      const level = childId === null ? 0 : revision.level;
      return [...ratingsOf.values()].map((rating) => ({
        rating,
        rest: remainingOf(revision, []),
        // Their rates are read, whether they still earn or not.
        part: { event: revision, partnerId: doerOf({ partnerId, childId }), ids, level, wasWorkedOut: true },
      }));
    });
  }

  function termsBy({ versionId }: Rating): PlanTerms {
    return cache.get(versionId).terms;
  }

  function circumstancesOf(rating: Rating, part: PartOf, level: number): Circumstances {
    const partner = asksAboutPartners(termsBy(rating)) ? partners.thenOf(part) : null;
    return { zone, level, partner, barred: partners.barringOf(part).barred };
  }

  /** The terms by which an event is rated for a partner, and the levels above the partner whom they pay for it. */
  function paidLevels(content: AccrualEvent, partnerId: bigint) {
    const channel = { partnerId, childId: null };
    const rating = ratingOf(content, channel);
    const rest = partFor(channel, remainingOf(content, []), content);
    if (!rating || !rest) return undefined;
    const ids = histories.get(keyOf({ ...content, ...channel }))?.ids ?? [content.eventId];
    const part = { event: content, partnerId, ids, wasWorkedOut: true };
    const levels = levelsAbove(termsBy(rating)).filter(
      (level) => targetsAtPar({ rating, rest, part: { ...part, level } }).length > 0,
    );
    return { versionId: rating.versionId, levels };
  }

  function keepPartner(rating: Rating | null, part: PartOf): void {
    if (rating && (partners.isBarring || asksAboutPartners(termsBy(rating))))
      partners.keep(part, partners.barringOf(part).barred);
  }

  /** The scopes in which an event may count. Rates may decide which incentive is chosen, so they are asked for without them. */
  function namesOf(partnerId: bigint, { rating, rest, part }: Rated, known?: readonly Target[]): AskedByPage[] {
    if (part.level === null) return [];
    const names = known?.every(isCertain)
      ? askedBy(known)
      : scopeNamesOf(rest, termsBy(rating), { ...circumstancesOf(rating, part, part.level), barred: null }, today);
    return names.map((name) => ({ ...name, partnerId }));
  }

  /** The contributions of an event. Those in other currencies name the right scopes and have no right amounts yet. */
  function targetsAtPar({ rating, rest, part }: Rated): Target[] {
    if (part.level === null) return [];
    return targetsOf(rest, termsBy(rating), circumstancesOf(rating, part, part.level), atPar);
  }

  /** A partner whose rung decides whether or what an event earns must have it first. One who is not eligible may wait for a person. */
  function waitForPartner(rating: Rating, part: PartAt): Wait | undefined {
    const facts = partners.isKept(part) ? [] : [...factsAsked(termsBy(rating)), ...partners.factsToEarn(part)];
    const wait = rungWait(part.partnerId, dayOf(part.event), facts);
    if (wait) return wait;
    const { barred, waits } = partners.barringOf(part);
    return barred !== null && waits ? { waitsOn: 'eligibility', waitsFor: barred } : undefined;
  }

  /** The contributions of a partner's part of an event, at the rates that it kept or else at those of its day. */
  function targetsBy(
    rating: Rating | null,
    rest: RemainingEvent | null,
    part: PartAt,
    event: DueEvent,
    revisions: readonly Leveled[] = [event],
    counted: readonly Contribution[] = [],
  ): readonly Target[] | Wait {
    if (!rating || !rest || part.level === null) return [];
    const wait = waitForPartner(rating, part);
    if (wait) return wait;
    const kept = counted.flatMap((one) => one.rates);
    const circumstances = circumstancesOf(rating, part, part.level);
    const place = placingBy(closings, event.partnerId, revisionsFor(event, revisions, circumstances));
    const rateOf = (need: RateNeed) => kept.find((rate) => isSameNeed(rate, need)) ?? rates.find(need);
    const found = targetsOrGap(rest, termsBy(rating), { ...circumstances, place }, rateOf);
    return 'gap' in found ? { waitsOn: 'rate', waitsFor: gapName(found.gap) } : found;
  }

  /** The contributions of an event that nothing happened to before. */
  function firstTargets(event: DueEvent): readonly Target[] | Wait {
    const rated = first.get(event);
    const all = targets.get(event) ?? [];
    if (rated && !all.every(isCertain)) return targetsBy(rated.rating, rated.rest, rated.part, event);
    return (rated && waitForPartner(rated.rating, rated.part)) ?? all;
  }

  /** The change that an event makes, or what it waits for. Then it counts as not worked out. */
  function changeOf(event: DueEvent): Change | Waiting {
    const change = changeBy(event);
    if ('waitsOn' in change) histories.get(keyOf(originOf(event)))?.reopen(event);
    return change;
  }

  function changeBy(event: DueEvent): Change | Waiting {
    const key = keyOf(originOf(event));
    const history = histories.get(key);
    const { partnerId, childId, eventId, occurredAtMs: atMs } = event;
    if (!history) {
      const rating = ratings(event) ?? null;
      const all = firstTargets(event);
      if ('waitsOn' in all) return { ...all, atMs };
      if (childId === null) keepPartner(rating, { event, partnerId, ids: [eventId], wasWorkedOut: false });
      return { partnerId, originId: eventId, key: nameOf(event), atMs, rating, targets: all, counted: [] };
    }
    const before = history.revisions();
    history.finish(event);
    const { revisions, changes, refunded, originId } = history;
    const sales = revisions();
    const content = sales.at(-1);
    if (!content) return { waitsOn: 'sale', waitsFor: event.about ?? event.id, atMs };
    const known = contributions.get(key) ?? [];
    if (event.about !== null) noteFit(event, sales);
    if (event.about === null)
      for (const change of changes()) noteFit({ ...change, partnerId, childId }, [content], fitsNoMore);
    const rating = ratingOf(content, event, known);
    const part = {
      event: content,
      partnerId: doerOf(event),
      ids: history.ids,
      level: levelFor({ ...event, level: content.level }),
      wasWorkedOut: childId !== null || before.some((one) => isOf(one, partnerId) && dayOf(one) === dayOf(content)),
    };
    const rest = partFor(event, remainingAfter(content, refunded()), content);
    const all = targetsBy(rating, rest, part, event, sales, known);
    const about = { partnerId, originId, key: nameOf(content), atMs: content.occurredAtMs };
    if ('waitsOn' in all) return { ...about, ...all };
    if (childId === null) keepPartner(rating, part);
    return { ...about, rating, targets: all, counted: known };
  }

  /** An event keeps the terms by which it was rated. New terms are for events on another day, and for those that nobody rated yet. */
  function ratingOf(
    content: AccrualEvent,
    { partnerId, childId }: Channel,
    known = contributions.get(keyOf({ ...content, partnerId, childId })) ?? [],
  ): Rating | null {
    const rated = ratingOfKnown(known);
    const isMoved =
      rated !== undefined &&
      content.occurredAtMs !== histories.get(keyOf({ ...content, partnerId, childId }))?.ratedAtMs();
    return rated && !isMoved ? rated : (ratings({ ...content, partnerId, childId }) ?? null);
  }

  function noteFit(refund: DueEvent, revisions: readonly AccrualEvent[], why = whyNotAbout): void {
    if (refund.childId !== null) return;
    const reasons = revisions.map((sale) => why(refund, sale));
    const fits = reasons.includes(undefined);
    misfits.set(`${refund.source}/${refund.id}`, fits ? null : (reasons.at(-1) ?? null));
  }

  return {
    zone,
    termsOf: (versionId) => cache.get(versionId).terms,
    purseFor: budgets.purseFor,
    budgets,
    authorOf: (versionId) => cache.get(versionId).createdBy,
    recordersOf: rates.recordersOf,
    admittersOf: (event) => partners.admittersOf(histories.get(keyOf(originOf(event)))?.ids ?? [event.eventId]),
    misfits,
    changeOf,
    ancestorsOf: above,
    closingOf: ({ eventId }) => closingOf(eventId),
    quotedBy({ eventId }) {
      const key = quotas.changed.get(eventId);
      const isTheirs = (scope: Scope) => scope.partnerId === key?.partnerId && quotaKeyOf(scope) === textOf(key);
      return key && [...scopes.values()].filter(isTheirs).map((scope) => ({ scope, quota: quotas.inForce(scope) }));
    },
    scopeOf(partnerId, name) {
      const key = scopeKey(partnerId, name);
      const scope = scopes.get(key) ?? emptyScope(partnerId, name, quotas);
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
      contributions.set(key, contributionsAfter(change.counted, earned));
    },
    changedScopes: () => [...changed],
    keptPartners: partners.kept,
  };
}
