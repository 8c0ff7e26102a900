import { type Database, expectManyRows } from '../../db/database.ts';
import { lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { insertClosings } from '../../db/earnings/events.ts';
import {
  countNotWorkedOut,
  countUnbooked,
  findPool,
  insertDivision,
  insertPool,
  listHandsInPool,
  listScopesOfPool,
  listUndivided,
  type Pool,
  type ScopeOfPool,
  type UndividedPool,
} from '../../db/earnings/pools.ts';
import { listKnownVersions } from '../../db/earnings/replays.ts';
import { markClosings, markDivided } from '../../db/earnings/scopes.ts';
import { listTerms, readTerms } from '../../db/programs/terms.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { divide, type DividingTerms } from '../../domain/earnings/pool.ts';
import { dividingTerms, versionOfPool } from '../../domain/earnings/pool-terms.ts';
import { SHARDS } from '../../domain/earnings/shard.ts';
import { DIVISION } from '../../domain/event.ts';
import { windowEnd } from '../../domain/programs/incentives/window.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

/** Operators are told of a pool that waited for a day. After a week it is divided without the events that it waited for. */
const TOLD_AFTER_MS = DAY_MS;
const DIVIDED_AFTER_MS = 7 * DAY_MS;

/**
 * Divides the pools whose windows are over, and those that changed since the day of their last division. Each partner whose part changed
 * gets an event of ours, which accrual works out like any other. Returns how many pools it divided. One may fail, and
 * Bursar still divides the others. Safe to repeat, also at the same moment.
 */
export async function dividePools(db: Database): Promise<number> {
  let divided = 0;
  const failures: unknown[] = [];
  for (const pool of await listUndivided(db))
    try {
      if (await db.transaction((tx) => dividePool(tx, pool, Date.now()))) divided += 1;
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} pools could not be divided`);
  return divided;
}

/** Divides a pool while no worker changes its measures. Returns false where it waits, or where somebody else divided it meanwhile. */
async function dividePool(tx: Database, name: UndividedPool, nowMs: number): Promise<boolean> {
  for (let shard = 0; shard < SHARDS; shard += 1) await lockShardForAccrual(tx, { program: name.program, shard });
  await expectManyRows(tx);
  const scopes = await listScopesOfPool(tx, name);
  if (!scopes.some(({ isUndivided }) => isUndivided)) return false;
  const found = await poolOf(tx, name, scopes);
  const waiting = await countWaiting(tx, name, found);
  const waitedMs = nowMs - found.pool.noticedAt.getTime();
  const isFirst = found.pool.divisions === 0;
  if (waiting > 0 && waitedMs >= TOLD_AFTER_MS) await tellOfWait(tx, name, found.pool, waiting, nowMs);
  if (waiting > 0 && !(isFirst && waitedMs >= DIVIDED_AFTER_MS)) return false;
  await divideAmong(tx, name, found, scopes, nowMs);
  return true;
}

type Found = { readonly pool: Pool; readonly terms: DividingTerms; readonly author: string | null };

/** The pool of a name, with the terms that it had when its window was over. Later terms do not work backwards. */
async function poolOf(tx: Database, name: UndividedPool, scopes: readonly ScopeOfPool[]): Promise<Found> {
  const pool = (await findPool(tx, name)) ?? (await insertPool(tx, name, await versionInForce(tx, name, scopes)));
  const [version] = await listTerms(tx, [pool.planVersionId]);
  const terms = version && dividingTerms(version.terms, name);
  if (!version || !terms)
    throw new RangeError(`plan version ${pool.planVersionId} divides no pool ${name.incentiveId}`);
  return { pool, terms, author: version.createdBy };
}

/** The version that was in force on the last day of the window. It counts also where somebody withdrew it, because it may have rated events. */
async function versionInForce(tx: Database, name: UndividedPool, scopes: readonly ScopeOfPool[]): Promise<number> {
  const dated = await listKnownVersions(tx, name.programId);
  const termsOf = await readTerms(
    tx,
    dated.map(({ id }) => id),
  );
  const versions = dated.map((version) => ({ ...version, terms: termsOf(version.id) }));
  return versionOfPool(versions, name, name.zone)?.id ?? Math.max(...scopes.map(({ versionId }) => versionId));
}

/** The events that may still change a pool before it is divided for the first time, or the parts of its last division that are not booked. */
function countWaiting(tx: Database, name: UndividedPool, { pool, terms }: Found): Promise<number> {
  if (pool.divisions > 0) return countUnbooked(tx, pool);
  const end = windowEnd(name.window, name.start, terms.when.until);
  const days = {
    from: new Date(startOfDay(name.start, name.zone)),
    until: end === null ? null : new Date(startOfDay(end, name.zone)),
  };
  return countNotWorkedOut(tx, name.programId, days, terms.when.kinds);
}

function tellOfWait(
  tx: Database,
  { program, incentiveId, start }: UndividedPool,
  { noticedAt, divisions }: Pool,
  waiting: number,
  nowMs: number,
): Promise<void> {
  const untilMs = noticedAt.getTime() + DIVIDED_AFTER_MS;
  const isOver = divisions === 0 && nowMs >= untilMs;
  const what = `The pool of the incentive ${incentiveId} in program ${program} for the window from ${start}`;
  const until = new Date(untilMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  const detail =
    divisions > 0
      ? `${what} changed, but ${waiting} parts of its last division are not booked yet. It is divided again once they are. See why they wait, and try them again.`
      : isOver
        ? `${what} was divided without ${waiting} events that are still not worked out. Once they are, it is divided again.`
        : `${what} is not divided yet, because ${waiting} events of its days are not worked out. See why they wait, and try them again. On ${until} it is divided without them.`;
  return raiseAlarm(tx, 'pool_waits', `program/${program}`, detail, `${incentiveId}/${start}/${divisions}/${isOver}`);
}

/** Records a division, and writes an event of ours for each partner whose part changed, or who has none yet. */
async function divideAmong(
  tx: Database,
  name: UndividedPool,
  { pool, terms, author }: Found,
  scopes: readonly ScopeOfPool[],
  nowMs: number,
): Promise<void> {
  const revision = pool.divisions + 1;
  const { total, poolMinor, parts } = divide(
    terms,
    scopes.map(({ volume }) => volume),
  );
  const allotted = scopes.map((scope, index) => ({ ...scope, programId: name.programId, minor: parts[index] ?? 0n }));
  const first = allotted.filter(({ isClosed }) => !isClosed);
  const changed = allotted.filter(({ isClosed, minor, earnedMinor }) => isClosed && minor !== earnedMinor);
  const closings = first.length === 0 ? [] : await insertClosings(tx, first);
  if (closings.length > 0) await markClosings(tx, closings);
  const now = changed.map((scope) => ({ ...scope, closesAt: new Date(nowMs) }));
  const again = now.length === 0 ? [] : await insertClosings(tx, now, { kind: DIVISION, suffix: `/${revision}` });
  const eventOf = new Map([...closings, ...again].map(({ scopeId, eventId }) => [scopeId, eventId]));
  await insertDivision(tx, {
    poolId: pool.id,
    revision,
    total,
    poolMinor,
    madeBy: [...new Set([...(await listHandsInPool(tx, name)), ...(author === null ? [] : [author])])],
    parts: allotted.flatMap((part) => {
      const eventId = eventOf.get(part.scopeId);
      return eventId === undefined ? [] : [{ ...part, eventId }];
    }),
  });
  await markDivided(
    tx,
    scopes.map(({ scopeId }) => scopeId),
  );
}
