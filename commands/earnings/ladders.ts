import type { Database } from '../../db/database.ts';
import {
  insertPlaces,
  type LadderMember,
  listAwaitedRungs,
  listPlaces,
  listUnplaced,
  listWaiters,
} from '../../db/earnings/ladder-places.ts';
import { wakeUnplaced } from '../../db/earnings/events.ts';
import { readLadderVolumes } from '../../db/earnings/ladder-volumes.ts';
import { type Ladder, listLadders, tryLockLadder } from '../../db/programs/ladders.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { addDays, localDate, startOfDay } from '../../domain/calendar.ts';
import { readRungName, rungName } from '../../domain/earnings/rung.ts';
import { type LadderWindow, printVolume, rungAfter, windowDeciding } from '../../domain/programs/ladder.ts';
import { recordFacts } from '../partners/facts.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

const PARTNERS_AT_ONCE = 500;

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
    const window = windowDeciding(ladder.versions, today);
    if (!window || window.closesOn > today || !(await tryLockLadder(tx, ladder.fact))) return false;
    const members = await listUnplaced(tx, { ...ladder, from: window.from, today }, PARTNERS_AT_ONCE);
    await place(tx, ladder, window, members);
    return members.length === PARTNERS_AT_ONCE;
  });

/** Places the next partners whose events wait for the rung of a day, and wakes these events. Returns whether there may be more. */
const placeWaiters = (db: Database, ladder: Ladder, from: string, today: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const { fact, versions } = ladder;
    const window = windowDeciding(versions, from);
    if ((window && window.closesOn > today) || !(await tryLockLadder(tx, fact))) return false;
    const name = rungName(fact, from);
    const waiters = await listWaiters(tx, { fact, from, name }, PARTNERS_AT_ONCE);
    if (window?.from === from)
      await place(
        tx,
        ladder,
        window,
        waiters.filter(({ isPlaced }) => !isPlaced),
      );
    await wakeUnplaced(
      tx,
      name,
      waiters.map(({ partnerId }) => partnerId),
    );
    return waiters.length === PARTNERS_AT_ONCE;
  });

async function place(
  tx: Database,
  ladder: Ladder,
  window: LadderWindow,
  members: readonly LadderMember[],
): Promise<void> {
  if (members.length === 0) return;
  const { fact, programId, zone } = ladder;
  const { terms, start, from, until, versionId } = window;
  const ids = members.map(({ partnerId }) => partnerId);
  const volumes = await readLadderVolumes(
    tx,
    { programId, terms, from: new Date(startOfDay(start, zone)), until: new Date(startOfDay(from, zone)) },
    ids,
  );
  const before = new Map(
    (await listPlaces(tx, [fact], ids)).filter((one) => one.from < from).map((one) => [one.partnerId, one.value]),
  );
  const places = members.map(({ partner, partnerId }) => {
    const volume = volumes.get(partnerId) ?? 0n;
    const was = before.get(partnerId) ?? null;
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
  for (const { partnerId, volume, before: was, value } of places) {
    const [first] = free.get(partnerId) ?? [];
    if (!first || value === (was ?? terms.rungs[0]?.value)) continue;
    await addNotification(tx, {
      kind: 'rung_changed',
      dedupeKey: `rung_changed/${fact}/${partnerId}/${from}`,
      audience: 'partner',
      partnerId,
      body: {
        fact,
        program: ladder.program,
        value,
        before: was ?? '',
        volume: printVolume(terms, volume),
        start,
        last,
        from: first.from,
        until: addDays(first.until, -1),
      },
    });
  }
  await wakeUnplaced(tx, rungName(fact, from), ids);
}

async function tellOfFailure(db: Database, { fact, program }: Ladder, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const detail = `The ladder of ${fact} in program ${program} did not give partners their rungs: ${reason}. Those who have none keep no value of ${fact} for these days, and their events that ask for it wait. Bursar tries again every minute.`;
  await db.transaction((tx) => raiseAlarm(tx, 'ladder_stuck', `ladder/${fact}`, detail));
}
