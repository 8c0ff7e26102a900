import type { Database } from '../../db/database.ts';
import { type AccrualProgram, listHistory } from '../../db/earnings/accrual.ts';
import type { NewEarning } from '../../db/earnings/earnings.ts';
import {
  type ClosingWindow,
  fetchReplay,
  listAgreementEpochs,
  listClosingWindows,
  listKnownVersions,
  openReplay,
  type ReplayEvent,
} from '../../db/earnings/replays.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { type Contribution, type Earning, type Scope, scopeKey } from '../../domain/earnings/change.ts';
import { close } from '../../domain/earnings/own-events.ts';
import { ratingAt } from '../../domain/earnings/rating.ts';
import { CLOSING } from '../../domain/event.ts';
import { asksAboutPartners, type PlanTerms } from '../../domain/programs/plan.ts';
import { readRates } from './exchange-rates.ts';
import { type History, historyOf, keyOf, originOf } from './history.ts';
import { openPage, type Page } from './page.ts';
import { readPartnersThen } from './partners-then.ts';
import type { Past, RatingOf } from './past.ts';
import { readQuotas } from './quotas.ts';
import { loadNamed, type RatedEvent, ratingAbove } from './ratings.ts';
import { noRungWait } from './rungs.ts';
import { createTermsCache, type TermsCache } from './terms-cache.ts';
import { workOut } from './work-out.ts';

/**
 * Past events are worked out again in memory, partner by partner, by the same page and the same fold as accrual. They come in the order in
 * which they were worked out, and each is rated by the agreements and versions that were known then. The terms in force therefore give
 * exactly the booked earnings. Nothing is written. Memory holds the scopes of one partner, and the histories of that partner's
 * refunded or corrected events.
 */

/** Terms that take the place of every version of a plan. */
export type Draft = { readonly planId: number; readonly terms: PlanTerms };

/** The id under which a draft is known, which no version has. */
export const DRAFT_ID = 0;

export type Replayed = {
  readonly partnerId: bigint;
  /** The event that was worked out. Null for a window of the draft, which no event of ours closed. */
  readonly event: ReplayEvent | null;
  /** When the sale happened that the event is about, in epoch milliseconds. */
  readonly originAtMs: number;
  readonly earned: readonly Earning[];
};

export type ReplayOptions = {
  readonly draft?: Draft | null;
  /** Is told the events that are still to be worked out, which are not replayed. */
  readonly noteUndone?: (event: ReplayEvent) => void;
};

export async function* replay(
  tx: Database,
  program: AccrualProgram,
  partnerIds: readonly bigint[],
  { draft = null, noteUndone }: ReplayOptions = {},
): AsyncGenerator<Replayed> {
  if (partnerIds.length === 0) return;
  const cache = createDraftCache(draft);
  const memory = await openMemory(tx, program, partnerIds, cache, draft);
  await openReplay(tx, program.id, partnerIds);
  let page: Page | null = null;
  let partnerId: bigint | null = null;
  /** Windows are closed between batches, as the sweep does it. */
  let batchAtMs = 0;
  for (;;) {
    const fetched = await fetchReplay(tx);
    if (fetched.length === 0) break;
    if (noteUndone) fetched.filter(({ isDue }) => isDue).forEach(noteUndone);
    const events = fetched.filter(({ isDue }) => !isDue);
    if (events.length === 0) continue;
    page = await openPage(memory.past, program, events, cache);
    for (const event of events) {
      if (partnerId !== null && partnerId !== event.partnerId) {
        yield* memory.closeUntil(Date.now(), page);
        memory.forget(partnerId);
      }
      partnerId = event.partnerId;
      if (event.bookedAtMs !== batchAtMs) yield* memory.closeUntil(event.bookedAtMs, page);
      batchAtMs = event.bookedAtMs;
      yield* memory.workOut(event, page);
    }
  }
  if (page) yield* memory.closeUntil(Date.now(), page);
}

/** The terms of plan versions, and of a draft. */
function createDraftCache(draft: Draft | null): TermsCache {
  const cache = createTermsCache();
  if (!draft) return cache;
  const version = { id: DRAFT_ID, createdBy: null, effectiveMs: 0, terms: draft.terms };
  return {
    ...cache,
    load: (db, ids) =>
      cache.load(
        db,
        [...ids].filter((id) => id !== DRAFT_ID),
      ),
    get: (id) => (id === DRAFT_ID ? version : cache.get(id)),
  };
}

async function openMemory(
  tx: Database,
  program: AccrualProgram,
  partnerIds: readonly bigint[],
  cache: TermsCache,
  draft: Draft | null,
) {
  const histories = new Map<string, History>();
  const scopes = new Map<string, Scope>();
  const contributions = new Map<string, Contribution[]>();
  const waiting = new Map<string, ReplayEvent[]>();
  const windows = await listClosingWindows(tx, program.id, partnerIds);
  const booked = new Map(windows.map((window) => [scopeKey(window.partnerId, window), window]));
  const closings = new Map(windows.map((window) => [window.closingId, window]));
  const { ratings, versionIds } = await readKnownRatings(tx, program, partnerIds, cache, draft);
  const hasQuotas = versionIds.some((id) => cache.get(id).terms.incentives.some(({ against }) => against === 'quota'));
  const isAsked = versionIds.some((id) => asksAboutPartners(cache.get(id).terms));
  /** The windows of a draft that nothing closed yet. */
  const open = new Map<string, { scope: Scope; closesAtMs: number }>();
  let nextCloseMs = Infinity;
  /** The instant at which the event that is worked out now was worked out. */
  let nowMs = 0;

  const past: Past = {
    async ratings(due) {
      await loadNamed(tx, cache, due);
      return (event) =>
        ratings(event, 'bookedAtMs' in event ? (event as Pick<ReplayEvent, 'bookedAtMs'>).bookedAtMs : nowMs);
    },
    async histories(due) {
      const origins = new Map(
        (due as readonly ReplayEvent[])
          .filter((event) => event.hasHistory)
          .map((event) => [keyOf(originOf(event)), originOf(event)]),
      );
      for (const key of histories.keys()) origins.delete(key);
      if (origins.size > 0) {
        const rows = await listHistory(tx, program.id, [...origins.values()]);
        await loadNamed(tx, cache, rows);
        for (const [key, history] of readInMemory(rows)) histories.set(key, history);
      }
      return new Map(
        due
          .map((event) => keyOf(originOf(event)))
          .flatMap((key) => {
            const history = histories.get(key);
            return history ? [[key, history]] : [];
          }),
      );
    },
    partners: (due, known) => readPartnersThen(tx, program, due, known, isAsked, true),
    rates: (needs) => readRates(tx, needs, true),
    rungs: async () => noRungWait,
    ancestors: async () => ({ parents: new Map(), named: new Map() }),
    state: async (due, _known, namesOf) => ({
      scopes,
      contributions,
      closingOf: (eventId) => scopeOf(closings.get(eventId)),
      quotas: await readQuotas(tx, program.id, due, hasQuotas ? namesOf(new Map()) : []),
    }),
  };

  const scopeOf = (window: ClosingWindow | undefined) => window && scopes.get(scopeKey(window.partnerId, window));

  /** Closes the windows of a draft that are over, and that have no counterpart in the books. */
  function* closeUntil(untilMs: number, page: Page): Generator<Replayed> {
    if (untilMs < nextCloseMs) return;
    for (const [key, { scope, closesAtMs }] of open) {
      if (closesAtMs > untilMs) continue;
      open.delete(key);
      const earning = close(scope, 0n, page);
      if (earning) yield { partnerId: scope.partnerId, event: null, originAtMs: closesAtMs, earned: [earning] };
    }
    nextCloseMs = Math.min(...[...open.values()].map(({ closesAtMs }) => closesAtMs));
  }

  function noteOpen(earned: readonly Earning[]): void {
    for (const { scope } of earned) {
      if (!scope || scope.closesOn === null || scope.isClosed) continue;
      const key = scopeKey(scope.partnerId, scope);
      if (open.has(key) || booked.has(key)) continue;
      const closesAtMs = startOfDay(scope.closesOn, program.zone);
      open.set(key, { scope, closesAtMs });
      nextCloseMs = Math.min(nextCloseMs, closesAtMs);
    }
  }

  function* workOutNow(event: ReplayEvent, page: Page): Generator<Replayed> {
    nowMs = event.bookedAtMs;
    if (event.kind === CLOSING && !page.closingOf(event)) {
      yield { partnerId: event.partnerId, event, originAtMs: event.occurredAtMs, earned: [] };
      return;
    }
    const key = keyOf(originOf(event));
    const { earnings, waiting: waits } = workOut(page, [event]);
    if (waits.some(({ waitsOn }) => waitsOn === 'sale')) {
      waiting.set(key, [...(waiting.get(key) ?? []), event]);
      return;
    }
    if (draft) noteOpen(earnings);
    yield replayed(event, histories.get(key), earnings);
    const woken = waiting.get(key) ?? [];
    waiting.delete(key);
    for (const refund of woken) yield* workOutNow(refund, page);
  }

  /** Forgets a partner whose events are all worked out. */
  function forget(partnerId: bigint): void {
    scopes.clear();
    contributions.clear();
    waiting.clear();
    open.clear();
    nextCloseMs = Infinity;
    for (const [key, history] of histories) if (history.partnerId === partnerId) histories.delete(key);
  }

  return { past, closeUntil, workOut: workOutNow, forget };
}

function readInMemory(rows: Awaited<ReturnType<typeof listHistory>>): Map<string, History> {
  const grouped = Map.groupBy(
    rows.map((row) => ({ ...row, isDue: true })),
    ({ source, id, about, forPartnerId, forChildId }) =>
      keyOf({ source, id: about ?? id, partnerId: forPartnerId, childId: forChildId }),
  );
  return new Map([...grouped].flatMap(([key, events]) => historyOf(events).map((history) => [key, history] as const)));
}

function replayed(event: ReplayEvent, history: History | undefined, earned: readonly NewEarning[]): Replayed {
  const origin = history?.known.find(({ eventId }) => eventId === history.originId) ?? event;
  return { partnerId: event.partnerId, event, originAtMs: origin.occurredAtMs, earned };
}

type KnownRating = (event: RatedEvent, knownAtMs: number) => ReturnType<RatingOf>;

/** Reads the terms by which events were rated when they were worked out. A draft takes the place of the versions of its plan. */
async function readKnownRatings(
  tx: Database,
  program: AccrualProgram,
  partnerIds: readonly bigint[],
  cache: TermsCache,
  draft: Draft | null,
): Promise<{ ratings: KnownRating; versionIds: readonly number[] }> {
  const rows = await listAgreementEpochs(tx, program.id, partnerIds);
  const agreements = new Map(
    [...Map.groupBy(rows, ({ partnerId }) => partnerId)].map(([partnerId, ofPartner]) => [
      partnerId,
      [...Map.groupBy(ofPartner, ({ knownSince }) => knownSince)].map(([knownSince, terms]) => ({
        knownSince,
        agreed: terms.flatMap(({ planId, from, until }) =>
          planId !== null && from !== null ? [{ planId, from, until, sinceMs: startOfDay(from, program.zone) }] : [],
        ),
      })),
    ]),
  );
  const versions = await listKnownVersions(tx, program.id);
  await cache.load(
    tx,
    versions.map(({ id }) => id),
  );
  const drafted = new Set(versions.filter(({ planId }) => planId === draft?.planId).map(({ id }) => id));
  const knownRating: KnownRating = ({ partnerId, childId, occurredAtMs, versionId = null }, knownAtMs) => {
    if (childId !== null) return versionId === null ? undefined : ratingAbove(versionId, cache);
    const epochs = agreements.get(partnerId) ?? [];
    const epoch = epochs.findLast(({ knownSince }) => knownSince <= knownAtMs) ?? epochs[0];
    const known = versions.filter(({ createdAt }) => createdAt.getTime() <= knownAtMs);
    return ratingAt(epoch?.agreed ?? [], known.length > 0 ? known : versions, occurredAtMs, program.zone);
  };
  const ratings: KnownRating = (event, knownAtMs) => {
    const rating = knownRating(event, knownAtMs);
    return rating && drafted.has(rating.versionId) ? { ...rating, versionId: DRAFT_ID } : rating;
  };
  return { ratings, versionIds: [...versions.map(({ id }) => id), ...(draft ? [DRAFT_ID] : [])] };
}
