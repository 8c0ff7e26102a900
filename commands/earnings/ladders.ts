import { isOfData, reasonOf } from '../../db/data-failures.ts';
import type { Database } from '../../db/database.ts';
import {
  insertPlaces,
  type LadderMember,
  listAwaitedRungs,
  listPlaces,
  listUnplaced,
  listWaiters,
  type NewPlace,
} from '../../db/earnings/ladder-places.ts';
import { wakeUnplaced } from '../../db/earnings/events.ts';
import { readLadderVolumes } from '../../db/earnings/ladder-volumes.ts';
import { type Ladder, listLadders, tryLockLadder } from '../../db/programs/ladders.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { addDays, localDate, startOfDay } from '../../domain/calendar.ts';
import { readRungName, rungName } from '../../domain/earnings/rung.ts';
import {
  closedWindows,
  type LadderWindow,
  printVolume,
  rungAfter,
  windowDeciding,
} from '../../domain/programs/ladder.ts';
import { recordFacts } from '../partners/facts.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

const PARTNERS_AT_ONCE = 500;
const FAILURES_MAX = 100;

/** The rung that a partner got, and the first days on which it holds. Undefined where a person has recorded another value for all of them. */
type Placed = NewPlace & { readonly first: { readonly from: string; readonly until: string } | undefined };

/**
 * Gives partners their rungs by the windows that are closed: first the partners of each program, then those whose events wait for a rung.
 * It stops after a while, and the next call goes on. Safe to repeat, also at the same moment: a partner gets one rung by a window. A ladder
 * or a partner that fails is told, and stops no other one.
 */
export async function placeOnLadders(db: Database, nowMs: number, endsAtMs = Infinity): Promise<void> {
  const ladders = await listLadders(db);
  if (ladders.length === 0) return;
  const awaited = (await listAwaitedRungs(db)).map(readRungName);
  for (const ladder of ladders)
    try {
      const today = localDate(nowMs, ladder.zone);
      const named = awaited.filter(({ fact }) => fact === ladder.fact).map(({ from }) => from);
      await inPages(endsAtMs, (after) => placeMembers(db, ladder, today, after));
      for (const from of named) await inPages(endsAtMs, (after) => placeWaiters(db, ladder, from, today, after));
    } catch (error) {
      await db.transaction((tx) => tellOfFailure(tx, ladder, error));
    }
}

/** A page of partners in the order of their ids. It returns the last one, or undefined where nobody comes after it. */
type PlacePage = (after: bigint) => Promise<bigint | undefined>;

async function inPages(endsAtMs: number, placePage: PlacePage): Promise<void> {
  let after: bigint | undefined = 0n;
  while (after !== undefined && Date.now() < endsAtMs) after = await placePage(after);
}

const lastOf = (page: readonly LadderMember[]): bigint | undefined =>
  page.length < PARTNERS_AT_ONCE ? undefined : page.at(-1)?.partnerId;

/** Places the next partners of the program who have no rung today. */
const placeMembers = (db: Database, ladder: Ladder, today: string, after: bigint): Promise<bigint | undefined> =>
  db.transaction(async (tx) => {
    const windows = closedWindows(ladder.versions, today);
    const last = windows.at(-1);
    if (!last || last.until <= today || !(await tryLockLadder(tx, ladder.fact))) return undefined;
    const members = await listUnplaced(tx, { ...ladder, from: last.from, today }, after, PARTNERS_AT_ONCE);
    await placeInParts(tx, ladder, windows, members, today);
    return lastOf(members);
  });

/** Places the next partners whose events wait for the rung of a day, and wakes these events. */
const placeWaiters = (
  db: Database,
  ladder: Ladder,
  from: string,
  today: string,
  after: bigint,
): Promise<bigint | undefined> =>
  db.transaction(async (tx) => {
    const { fact, versions } = ladder;
    const windows = closedWindows(versions, today).filter((window) => window.from <= from);
    const isClosed = windows.at(-1)?.from === from;
    if ((!isClosed && windowDeciding(versions, from)) || !(await tryLockLadder(tx, fact))) return undefined;
    const name = rungName(fact, from);
    const waiters = await listWaiters(tx, { fact, from, name }, after, PARTNERS_AT_ONCE);
    const missing = isClosed ? waiters.filter(({ isPlaced }) => !isPlaced) : [];
    const failed = await placeInParts(tx, ladder, windows, missing, today);
    await wakeUnplaced(
      tx,
      name,
      waiters.filter(({ partnerId }) => !failed.has(partnerId)).map(({ partnerId }) => partnerId),
    );
    return lastOf(waiters);
  });

/**
 * Gives partners the rungs that they miss, in halves where that fails, and tells of those who fail alone. Returns the ids of these. Throws the
 * failure of a partner after the first hundred, because the cause is then hardly in the partners.
 */
async function placeInParts(
  tx: Database,
  ladder: Ladder,
  windows: readonly LadderWindow[],
  members: readonly LadderMember[],
  today: string,
): Promise<ReadonlySet<bigint>> {
  const failed = new Set<bigint>();
  async function inParts(few: readonly LadderMember[]): Promise<void> {
    const [first] = few;
    if (!first) return;
    try {
      await tx.transaction((inner) => placeByAll(inner, ladder, windows, few, today));
    } catch (error) {
      if (!isOfData(error) || failed.size === FAILURES_MAX) throw error;
      if (few.length === 1) {
        failed.add(first.partnerId);
        await tellOfFailure(tx, ladder, error, first.partner);
        return;
      }
      const half = Math.ceil(few.length / 2);
      await inParts(few.slice(0, half));
      await inParts(few.slice(half));
    }
  }
  await inParts(members);
  return failed;
}

/** Gives partners the rungs that they miss by some windows, oldest first. They are told of the one that still holds. */
async function placeByAll(
  tx: Database,
  ladder: Ladder,
  windows: readonly LadderWindow[],
  members: readonly LadderMember[],
  today: string,
): Promise<void> {
  const ids = members.map(({ partnerId }) => partnerId);
  const placed = ids.length === 0 ? [] : await listPlaces(tx, [ladder.fact], ids);
  const known = new Set(placed.map(({ partnerId, from }) => `${partnerId} ${from}`));
  /** The newest rungs of the partners, by their ids: those that they know of, and those that they have by now. */
  const told = new Map(placed.map(({ partnerId, value }) => [partnerId, value]));
  const rungs = new Map(told);
  for (const window of windows) {
    const missing = members.filter(({ partnerId }) => !known.has(`${partnerId} ${window.from}`));
    if (missing.length === 0) continue;
    const places = await place(tx, ladder, window, missing, rungs);
    for (const { partnerId, value } of places) rungs.set(partnerId, value);
    if (window.until > today) await tellOfChanges(tx, ladder, window, places, told);
  }
}

async function place(
  tx: Database,
  ladder: Ladder,
  window: LadderWindow,
  members: readonly LadderMember[],
  rungs: ReadonlyMap<bigint, string>,
): Promise<Placed[]> {
  const { fact, programId, zone } = ladder;
  const { terms, start, from, until, versionId } = window;
  const ids = members.map(({ partnerId }) => partnerId);
  const volumes = await readLadderVolumes(
    tx,
    { programId, terms, from: new Date(startOfDay(start, zone)), until: new Date(startOfDay(from, zone)) },
    ids,
  );
  const places = members.map(({ partner, partnerId }) => {
    const volume = volumes.get(partnerId) ?? 0n;
    const was = rungs.get(partnerId) ?? null;
    return { partner, partnerId, volume, before: was, value: rungAfter(terms, volume, was) };
  });
  const free = Map.groupBy(
    await insertPlaces(tx, { fact, versionId, start, from, until }, places),
    ({ partnerId }) => partnerId,
  );
  const last = addDays(from, -1);
  const facts = places.flatMap(({ partner, partnerId, volume, value }) =>
    (free.get(partnerId) ?? []).map((days) => ({
      partner,
      key: fact,
      value,
      holds: true,
      from: days.from,
      until: days.until,
      reference: `ladder/${fact}/${start}`,
      reason: `${printVolume(terms, volume)} from ${start} to ${last}`,
    })),
  );
  if (facts.length > 0) await recordFacts(tx, facts, { source: 'ladder', by: null });
  await wakeUnplaced(tx, rungName(fact, from), ids);
  return places.map((one) => ({ ...one, first: free.get(one.partnerId)?.[0] }));
}

async function tellOfChanges(
  tx: Database,
  { fact, program }: Ladder,
  { terms, start, from }: LadderWindow,
  places: readonly Placed[],
  told: ReadonlyMap<bigint, string>,
): Promise<void> {
  for (const { partnerId, volume, value, first } of places) {
    const before = told.get(partnerId);
    if (!first || value === (before ?? terms.rungs[0]?.value)) continue;
    await addNotification(tx, {
      kind: 'rung_changed',
      dedupeKey: `rung_changed/${fact}/${partnerId}/${from}`,
      audience: 'partner',
      partnerId,
      body: {
        fact,
        program,
        value,
        before: before ?? '',
        volume: printVolume(terms, volume),
        start,
        last: addDays(from, -1),
        from: first.from,
        until: addDays(first.until, -1),
      },
    });
  }
}

async function tellOfFailure(
  tx: Database,
  { fact, program }: Ladder,
  error: unknown,
  partner: string | null = null,
): Promise<void> {
  const whom = partner === null ? 'partners their rungs' : `partner ${partner} a rung`;
  const detail = `The ladder of ${fact} in program ${program} did not give ${whom}: ${reasonOf(error)}. Those who have none keep no value of ${fact} for these days, and their events that ask for it wait. Bursar tries again every minute.`;
  await raiseAlarm(tx, 'ladder_stuck', `ladder/${fact}`, detail, partner ?? undefined);
}
