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

/** The rung that a partner got, and the first days on which it holds. Undefined where a person has recorded another value for all of them. */
type Placed = NewPlace & { readonly first: { readonly from: string; readonly until: string } | undefined };

/**
 * Gives partners their rungs by the windows that are closed: first the partners of each program, then those whose events wait for a rung.
 * It stops after a while, and the next call goes on. Safe to repeat, also at the same moment: a partner gets one rung by a window. A ladder
 * that fails is told, and stops no other one.
 */
export async function placeOnLadders(db: Database, nowMs: number, endsAtMs = Infinity): Promise<void> {
  const ladders = await listLadders(db);
  if (ladders.length === 0) return;
  const awaited = (await listAwaitedRungs(db)).map(readRungName);
  for (const ladder of ladders)
    try {
      const today = localDate(nowMs, ladder.zone);
      const named = awaited.filter(({ fact }) => fact === ladder.fact).map(({ from }) => from);
      while (Date.now() < endsAtMs && (await placeMembers(db, ladder, today)));
      for (const from of named) while (Date.now() < endsAtMs && (await placeWaiters(db, ladder, from, today)));
    } catch (error) {
      await tellOfFailure(db, ladder, error);
    }
}

/** Places the next partners of the program who have no rung today. Returns whether there may be more. */
const placeMembers = (db: Database, ladder: Ladder, today: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const windows = closedWindows(ladder.versions, today);
    const last = windows.at(-1);
    if (!last || last.until <= today || !(await tryLockLadder(tx, ladder.fact))) return false;
    const members = await listUnplaced(tx, { ...ladder, from: last.from, today }, PARTNERS_AT_ONCE);
    await placeByAll(tx, ladder, windows, members, today);
    return members.length === PARTNERS_AT_ONCE;
  });

/** Places the next partners whose events wait for the rung of a day, and wakes these events. Returns whether there may be more. */
const placeWaiters = (db: Database, ladder: Ladder, from: string, today: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const { fact, versions } = ladder;
    const windows = closedWindows(versions, today).filter((window) => window.from <= from);
    const isClosed = windows.at(-1)?.from === from;
    if ((!isClosed && windowDeciding(versions, from)) || !(await tryLockLadder(tx, fact))) return false;
    const name = rungName(fact, from);
    const waiters = await listWaiters(tx, { fact, from, name }, PARTNERS_AT_ONCE);
    if (isClosed)
      await placeByAll(
        tx,
        ladder,
        windows,
        waiters.filter(({ isPlaced }) => !isPlaced),
        today,
      );
    await wakeUnplaced(
      tx,
      name,
      waiters.map(({ partnerId }) => partnerId),
    );
    return waiters.length === PARTNERS_AT_ONCE;
  });

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

async function tellOfFailure(db: Database, { fact, program }: Ladder, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const detail = `The ladder of ${fact} in program ${program} did not give partners their rungs: ${reason}. Those who have none keep no value of ${fact} for these days, and their events that ask for it wait. Bursar tries again every minute.`;
  await db.transaction((tx) => raiseAlarm(tx, 'ladder_stuck', `ladder/${fact}`, detail));
}
