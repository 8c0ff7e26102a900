import type { DatabasePool } from 'slonik';

import { type Database, expectManyRows } from '../../db/database.ts';
import { type AccrualProgram, type DueEvent, listRatedEvents, lockShardForAccrual } from '../../db/earnings/accrual.ts';
import type { NewEarning } from '../../db/earnings/earnings.ts';
import { insertReRatingEvent } from '../../db/earnings/events.ts';
import {
  finishReRating,
  getReRating,
  insertReRatingItems,
  listAgreementAuthors,
  listNextItems,
  listPartnersToRate,
  lockReRating,
  type NewReRatingItem,
  notePrepared,
  refusePreview,
  type ReRating,
  reRatingEventId,
  setItemsStatus,
} from '../../db/earnings/re-ratings.ts';
import { instantsOfDays } from '../../domain/calendar.ts';
import type { Earning } from '../../domain/earnings/change.ts';
import { whyNotPreview } from '../../domain/earnings/re-rating.ts';
import { shardOf } from '../../domain/earnings/shard.ts';
import { finishPreview } from '../../commands/earnings/re-ratings.ts';
import { bookEarnings } from './book.ts';
import { doerOf, type PartOf } from './channel.ts';
import { originOf, readCounted, readHistoriesOf } from './history.ts';
import { openPage, type Page } from './page.ts';
import { type Past, storedPast } from './past.ts';
import { EARNINGS_PER_EVENT, rateAgain, unrated, type WaitsAgain } from './rate-again.ts';
import { createTermsCache, type TermsCache } from './terms-cache.ts';
import { handsOf } from './work-out.ts';

/** So many partners are previewed by one activity. Each has a transaction. */
const PARTNERS_AT_ONCE = 50;

export type ReRateDeps = { db: DatabasePool };

export function createReRateActivities({ db }: ReRateDeps) {
  const terms = createTermsCache();
  return {
    /**
     * Does the next part of a re-rating: previews some partners, or books the next confirmed one. Returns whether there is more to do now.
     * Safe to repeat: a partner is done in the transaction that notes it.
     */
    async advanceReRating(id: string): Promise<boolean> {
      const reRating = await getReRating(db, id);
      if (reRating.status === 'preparing') return previewNext(db, reRating, terms);
      return reRating.status === 'confirmed' ? bookNext(db, reRating, terms) : false;
    },
  };
}

async function previewNext(db: DatabasePool, reRating: ReRating, terms: TermsCache): Promise<boolean> {
  const { id } = reRating;
  const partners = await listPartnersToRate(db, reRating, PARTNERS_AT_ONCE);
  for (const { partnerId } of partners)
    await db.transaction(async (tx) => {
      const program = await lockShardForAccrual(tx, { program: reRating.program, shard: shardOf(partnerId) });
      const { status, preparedTo } = await lockReRating(tx, id);
      if (!program || status !== 'preparing' || preparedTo >= partnerId) return;
      const { items, authors, waiting } = await workOutAgain(tx, program, reRating, partnerId, terms);
      if (waiting.length > 0) return refusePreview(tx, id, whyNotPreview(waiting));
      await insertReRatingItems(tx, id, items);
      await notePrepared(
        tx,
        id,
        partnerId,
        items.length === 0 ? [] : [...authors, ...(await listAgreementAuthors(tx, program.id, partnerId))],
      );
    });
  if (partners.length === PARTNERS_AT_ONCE) return true;
  await finishPreview(db, id);
  return false;
}

/** Books what was confirmed for the next partner. If the events changed since, or wait now, it books nothing for that partner. */
const bookNext = (db: DatabasePool, { id, program: code }: ReRating, terms: TermsCache): Promise<boolean> =>
  db.transaction(async (tx) => {
    const [next] = await listNextItems(tx, id);
    if (!next) {
      await finishReRating(tx, id);
      return false;
    }
    const { partnerId } = next;
    const program = await lockShardForAccrual(tx, { program: code, shard: shardOf(partnerId) });
    const reRating = await lockReRating(tx, id);
    const confirmed = (await listNextItems(tx, id)).filter((item) => item.partnerId === partnerId);
    if (!program || reRating.status !== 'confirmed' || confirmed.length === 0) return true;
    await expectManyRows(tx);
    const again = await workOutAgain(tx, program, reRating, partnerId, terms);
    const isAsConfirmed = again.waiting.length === 0 && sameItems(confirmed, again.items);
    if (isAsConfirmed) await bookAgain(tx, program, reRating, partnerId, again);
    await setItemsStatus(tx, id, partnerId, isAsConfirmed ? 'booked' : 'overtaken');
    return true;
  });

/** An event that came since and earns by the terms of now changes both amounts, and not the difference that was confirmed. */
const itemKey = ({ currency, before, after }: NewReRatingItem): string => `${currency} ${after - before}`;
const sameItems = (one: readonly NewReRatingItem[], other: readonly NewReRatingItem[]): boolean =>
  one.length === other.length && one.every((item) => other.some((same) => itemKey(same) === itemKey(item)));

type Again = {
  readonly page: Page;
  readonly earned: readonly { readonly event: DueEvent; readonly earning: Earning }[];
  readonly items: readonly NewReRatingItem[];
  /** The events that wait now. The others are then not worked out right. */
  readonly waiting: readonly WaitsAgain[];
  /** The people who wrote the terms by which the events earn now. */
  readonly authors: readonly string[];
};

/** Works out the events of a partner on the days of a re-rating by the terms as they stand now. It writes nothing. */
async function workOutAgain(
  tx: Database,
  program: AccrualProgram,
  { from, until }: ReRating,
  partnerId: bigint,
  terms: TermsCache,
): Promise<Again> {
  const days = instantsOfDays({ from, until }, program.zone);
  const events = await listRatedEvents(tx, program.id, partnerId, days);
  const page = await openPage(unratedPast(tx, program, terms), program, events, terms);
  const earned: { event: DueEvent; earning: Earning }[] = [];
  const sums = new Map<string, { events: number; before: bigint; after: bigint }>();
  const authors = new Set<string>();
  const { rated, waiting } = rateAgain(page, events, days);
  for (const { event, change, changes } of rated) {
    for (const earning of changes) {
      earned.push({ event, earning });
      const author = page.authorOf(earning.versionId);
      if (author !== null) authors.add(author);
    }
    const currencies = new Set([...change.counted, ...changes].map(({ currency }) => currency));
    for (const currency of currencies) {
      const sum = sums.get(currency) ?? { events: 0, before: 0n, after: 0n };
      const before = minorIn(change.counted, currency);
      sums.set(currency, {
        events: sum.events + 1,
        before: sum.before + before,
        after: sum.after + before + minorIn(changes, currency),
      });
    }
  }
  const touched = new Set<string>(earned.map(({ earning }) => earning.currency));
  const items = [...sums].flatMap(([currency, sum]) =>
    touched.has(currency) ? [{ partnerId, currency: currency as NewReRatingItem['currency'], ...sum }] : [],
  );
  return { page, earned, items, waiting, authors: [...authors] };
}

const minorIn = (parts: readonly { currency: string; minor: bigint }[], asked: string): bigint =>
  parts.reduce((total, { currency, minor }) => (currency === asked ? total + minor : total), 0n);

/**
 * The stored past, in which no event was ever rated, neither for its partner nor for those above. Each is then rated by the terms of its
 * day as they stand now, with its partner as they were known when it was first worked out. An event that earned before keeps that nobody
 * asked whether its partner was eligible. Any other event of a partner who was not eligible earns nothing, and waits for nobody.
 */
function unratedPast(tx: Database, program: AccrualProgram, terms: TermsCache): Past {
  const past = storedPast(tx, program, terms);
  return {
    ...past,
    async ratings(due) {
      const ratings = await past.ratings(due);
      return (event) => ratings({ ...event, versionId: null });
    },
    histories: async (due) => unrated(await readHistoriesOf(tx, program.id, due.map(originOf))),
    async partners(due, histories) {
      const partners = await past.partners(due, histories);
      if (!partners.isBarring) return partners;
      const counted = [...(await readCounted(tx, histories)).values()].flat();
      const earners = new Set(counted.map((row) => `${row.originId}/${doerOf(row)}`));
      const earned = ({ ids, partnerId }: PartOf) => ids.some((id) => earners.has(`${id}/${partnerId}`));
      const again = (part: PartOf) => ({ ...part, wasWorkedOut: earned(part) });
      return {
        ...partners,
        barringOf: (part) => ({ ...partners.barringOf(again(part)), waits: false }),
        factsToEarn: (part) => partners.factsToEarn(again(part)),
      };
    },
  };
}

async function bookAgain(
  tx: Database,
  program: AccrualProgram,
  { id, proposedById }: ReRating,
  partnerId: bigint,
  { page, earned }: Again,
): Promise<void> {
  const earnings: NewEarning[] = [];
  let eventId = 0n;
  for (const [index, { event, earning }] of earned.entries()) {
    const n = index % EARNINGS_PER_EVENT;
    if (n === 0)
      eventId = await insertReRatingEvent(
        tx,
        reRatingEventId(id, partnerId, index / EARNINGS_PER_EVENT + 1),
        partnerId,
        program.id,
      );
    const hands = new Set([...handsOf(event, earning, page), proposedById]);
    if (earning.scope && earning.scope.closesOn !== null) earning.scope.madeBy.add(proposedById);
    earnings.push({
      ...earning,
      eventId,
      n: n + 1,
      partnerId,
      childId: event.childId,
      kind: 'corrected',
      madeBy: [...hands],
    });
  }
  const events = Math.ceil(earned.length / EARNINGS_PER_EVENT);
  await bookEarnings(tx, program.id, page, { events, earnings });
}
