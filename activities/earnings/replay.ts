import type { Database } from '../../db/database.ts';
import { type AccrualProgram, type DueEvent, listHistory } from '../../db/earnings/accrual.ts';
import type { NewEarning } from '../../db/earnings/earnings.ts';
import { fetchReplay, openReplay, type ReplayEvent } from '../../db/earnings/replays.ts';
import { listPartnersBelow } from '../../db/earnings/ancestors.ts';
import { listBookedDays, readReRatingEventId } from '../../db/earnings/re-ratings.ts';
import { instantsOfDays, startOfDay } from '../../domain/calendar.ts';
import type { Payable, Purse } from '../../domain/earnings/budget.ts';
import type { Contribution, Earning } from '../../domain/earnings/change.ts';
import { type Scope, scopeKey } from '../../domain/earnings/scope-state.ts';
import { windowKey } from '../../domain/earnings/lateness.ts';
import { close } from '../../domain/earnings/own-events.ts';
import { CLOSING, OUR_SOURCE, RE_RATING } from '../../domain/event.ts';
import { asksAboutPartners } from '../../domain/programs/plan.ts';
import { readRates } from './exchange-rates.ts';
import { type History, historyOf, keyOf, originOf } from './history.ts';
import { readKnownClosings } from './known-closings.ts';
import { createDraftCache, type Draft, readKnownRatings } from './known-ratings.ts';
import { openPage, type Page } from './page.ts';
import { readPartnersThen } from './partners-then.ts';
import type { Past } from './past.ts';
import { bookedQuotas, readQuotas } from './quotas.ts';
import { EARNINGS_PER_EVENT, rateAgain, unrated } from './rate-again.ts';
import { loadNamed, type RatedEvent } from './ratings.ts';
import { noRungWait } from './rungs.ts';
import type { TermsCache } from './terms-cache.ts';
import { workOut } from './work-out.ts';

/**
 * Past events are worked out again in memory, partner by partner, by the same page and the same fold as accrual. They come in the order in
 * which they were worked out, and each is rated by the agreements and versions that were known then. The terms in force therefore give
 * each window and each event the worth that is booked for it. Where two people had days worked out again, so does the replay. Nothing is written. Memory holds the scopes
 * of one partner, and the histories of that partner's refunded or corrected events, or of all events where some were worked out again.
 */

export type Replayed = {
  readonly partnerId: bigint;
  /** The event that was worked out. Null for a window of the draft, which no event of ours closed. */
  readonly event: ReplayEvent | null;
  /** When the sale happened that the event is about, in epoch milliseconds. */
  readonly originAtMs: number;
  readonly earned: readonly Earning[];
};

type Again = { readonly atMs: number; readonly earning: Earning };

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
      if (event.kind === RE_RATING) yield* memory.workOutAgain(event);
      else yield* memory.workOut(event, page);
    }
  }
  if (page) yield* memory.closeUntil(Date.now(), page);
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
  const booked = await readKnownClosings(tx, program.id, partnerIds);
  const rerated = new Map(
    (await listBookedDays(tx, program.id, partnerIds)).map(({ id, ...days }) => [
      id,
      instantsOfDays(days, program.zone),
    ]),
  );
  const below = rerated.size > 0 ? await listPartnersBelow(tx, partnerIds) : [];
  const { ratings, ratingsAgain, versionIds } = await readKnownRatings(
    tx,
    program,
    [...partnerIds, ...below],
    cache,
    draft,
  );
  const hasQuotas = versionIds.some((id) => cache.get(id).terms.incentives.some(({ against }) => against === 'quota'));
  const isAsked = versionIds.some((id) => asksAboutPartners(cache.get(id).terms));
  /** The events that were worked out, in their highest revisions. Only where some are worked out again. */
  const worked = new Map<string, ReplayEvent>();
  /** The earnings of the re-rating that is booked now, which may need several events of ours. */
  let again: Again[] = [];
  /** The windows of a draft that nothing closed yet. */
  const open = new Map<string, { scope: Scope; closesAtMs: number }>();
  let nextCloseMs = Infinity;
  /** The newest of the events that were worked out. */
  let newest = 0n;
  /** The event that is worked out now, or that was the last one. */
  let current: ReplayEvent | null = null;

  const past: Past = {
    async ratings(due) {
      await loadNamed(tx, cache, due);
      return (event) =>
        ratings(
          event,
          'bookedAtMs' in event ? (event as Pick<ReplayEvent, 'bookedAtMs'>).bookedAtMs : (current?.bookedAtMs ?? 0),
        );
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
    budgets: async () => ({ purseFor, fundersOf: () => [], changed: () => [] }),
    ancestors: async () => ({ parents: new Map(), named: new Map() }),
    state: async (due, _known, namesOf) => ({
      scopes,
      contributions,
      closings: booked.closings,
      closingOf: (eventId) => booked.closingOf(eventId, scopes),
      quotas: bookedQuotas(
        await readQuotas(tx, program.id, due, hasQuotas ? namesOf(new Map()) : []),
        () => current?.booked ?? [],
      ),
    }),
  };

  /** Everything is worked out at what it is worth, as if every budget were large enough: only the order of all partners says who came first. */
  const purseFor = ({ difference }: Payable): Purse => ({
    budgetId: 0,
    left: difference > 0n ? difference : 0n,
    take: () => undefined,
  });

  /** Closes the windows of a draft that are over, and that have no counterpart in the books. */
  function* closeUntil(untilMs: number, page: Page): Generator<Replayed> {
    if (untilMs < nextCloseMs) return;
    for (const [key, { scope, closesAtMs }] of open) {
      if (closesAtMs > untilMs) continue;
      open.delete(key);
      const { closings } = booked;
      closings.set(windowKey(scope), closings.get(windowKey(scope)) ?? newest + 1n);
      const earning = close(scope, 0n, page);
      if (earning) yield { partnerId: scope.partnerId, event: null, originAtMs: closesAtMs, earned: [earning] };
    }
    nextCloseMs = Math.min(...[...open.values()].map(({ closesAtMs }) => closesAtMs));
  }

  function noteOpen(earned: readonly Earning[]): void {
    for (const { scope } of earned) {
      if (!scope || scope.closesOn === null || scope.isClosed) continue;
      const key = scopeKey(scope.partnerId, scope);
      if (open.has(key) || booked.keys.has(key)) continue;
      const closesAtMs = startOfDay(scope.closesOn, program.zone);
      open.set(key, { scope, closesAtMs });
      nextCloseMs = Math.min(nextCloseMs, closesAtMs);
    }
  }

  function* workOutNow(event: ReplayEvent, page: Page): Generator<Replayed> {
    current = event;
    if (newest < event.eventId) newest = event.eventId;
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
    if (rerated.size > 0 && event.about === null && event.source !== OUR_SOURCE) noteWorked(key, event);
    yield replayed(event, histories.get(key), earnings);
    const woken = waiting.get(key) ?? [];
    waiting.delete(key);
    for (const refund of woken) yield* workOutNow(refund, page);
  }

  function noteWorked(key: string, event: ReplayEvent): void {
    const known = worked.get(key);
    if (!known || known.revision < event.revision) worked.set(key, event);
  }

  /** Works events out again, as a re-rating did it. Its earnings come sale by sale. */
  async function* workOutAgain(event: ReplayEvent): AsyncGenerator<Replayed> {
    const { id, no } = readReRatingEventId(event.id);
    const days = rerated.get(id);
    if (no === 1 && days) {
      current = event;
      const events = [...worked.values()].toSorted(byKey);
      const then = {
        ...past,
        ratings: async () => (one: RatedEvent) => ratingsAgain(one, event.bookedAtMs),
        histories: async (due: readonly DueEvent[]) => unrated(await past.histories(due)),
      };
      const { rated } = rateAgain(await openPage(then, program, events, cache), events, days);
      again = rated.flatMap(({ change, changes }) => changes.map((earning) => ({ atMs: change.atMs, earning })));
      if (draft) noteOpen(again.map(({ earning }) => earning));
    }
    const earned = Map.groupBy(
      again.slice((no - 1) * EARNINGS_PER_EVENT, no * EARNINGS_PER_EVENT),
      ({ earning }) => earning.originId,
    );
    const inBooks = Map.groupBy(event.booked, ({ originId }) => originId);
    for (const origin of new Set([...earned.keys(), ...inBooks.keys()])) {
      const now = earned.get(origin) ?? [];
      yield {
        partnerId: event.partnerId,
        event: { ...event, booked: inBooks.get(origin) ?? [] },
        originAtMs: now[0]?.atMs ?? event.occurredAtMs,
        earned: now.map(({ earning }) => earning),
      };
    }
  }

  /** Forgets a partner whose events are all worked out. */
  function forget(partnerId: bigint): void {
    for (const known of [scopes, contributions, waiting, worked, open]) known.clear();
    again = [];
    newest = 0n;
    nextCloseMs = Infinity;
    for (const [key, history] of histories) if (history.partnerId === partnerId) histories.delete(key);
  }

  return { past, closeUntil, workOut: workOutNow, workOutAgain, forget };
}

/**
 * Nothing is worked out yet. Only a change that no partner above was named for counts as worked out: it came while nobody was above, so no
 * event of the replay brings it.
 */
function readInMemory(rows: Awaited<ReturnType<typeof listHistory>>): Map<string, History> {
  const grouped = Map.groupBy(
    rows.map((row) => ({ ...row, isDue: row.isDue || row.forChildId === null || row.isNamed })),
    ({ source, id, about, forPartnerId, forChildId }) =>
      keyOf({ source, id: about ?? id, partnerId: forPartnerId, childId: forChildId }),
  );
  return new Map([...grouped].flatMap(([key, events]) => historyOf(events).map((history) => [key, history] as const)));
}

function replayed(event: ReplayEvent, history: History | undefined, earned: readonly NewEarning[]): Replayed {
  const origin = history?.known.find(({ eventId }) => eventId === history.originId) ?? event;
  return { partnerId: event.partnerId, event, originAtMs: origin.occurredAtMs, earned };
}

/** The order in which a re-rating works events out again. */
const byKey = (one: ReplayEvent, other: ReplayEvent): number =>
  keyOf(originOf(one)) < keyOf(originOf(other)) ? -1 : 1;
