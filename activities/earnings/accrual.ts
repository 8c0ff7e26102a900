import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { isOfData, reasonOf } from '../../db/data-failures.ts';
import { type Database, expectManyRows } from '../../db/database.ts';
import { type AccrualProgram, type DueEvent, listDueEvents, lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { type EventAncestor, insertAncestors } from '../../db/earnings/ancestors.ts';
import {
  type DueKey,
  finishDueEvents,
  insertDue,
  waitInQueue,
  wakeSuperseded,
  wakeWaiting,
} from '../../db/earnings/events.ts';
import { tryCorrectedAgain } from '../../db/earnings/set-aside.ts';
import { distinctShards, type Shard, shardOf, SHARDS } from '../../domain/earnings/shard.ts';
import { clearAlarmsAbout } from '../../db/tasks/alarms.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { bookEarnings } from './book.ts';
import { wakeAccrual } from '../../temporal/starts.ts';
import { clearFound, tellOfMissing } from './missing.ts';
import { openPage, type Page } from './page.ts';
import { workOutInParts } from './parts.ts';
import { storedPast } from './past.ts';
import { createTermsCache, type TermsCache } from './terms-cache.ts';
import { inOrder, workOut } from './work-out.ts';

export type AccrualDeps = { db: DatabasePool; temporal: Client };
type AccrualParts = Pick<AccrualDeps, 'db'> & Partial<Pick<AccrualDeps, 'temporal'>>;

const EVENTS_PER_PAGE = 2000;

export function createAccrualActivities({ db, temporal }: AccrualParts) {
  const terms = createTermsCache();

  /** Works out the next events of a share, or those among a few of them, in one transaction. Returns how many it took. */
  async function accrueNext(shard: Shard, few?: readonly DueKey[]): Promise<number> {
    const { taken, above } = await db.transaction(async (tx) => {
      const program = await lockShardForAccrual(tx, shard);
      if (!program) return { taken: 0, above: [] };
      await expectManyRows(tx);
      const due = await listDueEvents(tx, program.id, shard.shard, EVENTS_PER_PAGE, few);
      return { taken: due.length, above: due.length > 0 ? await accrue(tx, program, due, terms) : [] };
    });
    await wakeOthers(shard, above);
    return taken;
  }

  /** Wakes the shares of partners above, who have new work. The sweep wakes those that cannot be woken now. */
  async function wakeOthers({ program, shard: own }: Shard, above: readonly EventAncestor[]): Promise<void> {
    const others = distinctShards(above.map(({ partnerId }) => ({ program, shard: shardOf(partnerId) })));
    for (const other of others)
      if (temporal && other.shard !== own) await wakeAccrual(temporal, other).catch(() => undefined);
  }

  return {
    /**
     * Works out one page of events of a share of a program's partners in one transaction: earnings, scopes, lines, journals. Returns how
     * many events it took, or 0 when none is due. Safe to repeat: an event leaves `event_due` in the transaction that works it out. If the
     * data of the page are the reason of a failure, it works out the page in parts, and sets aside the events that fail alone.
     */
    accruePage: (shard: Shard): Promise<number> =>
      tellingOfFailure(db, shard, () =>
        accrueNext(shard).catch((error: unknown) => {
          if (!isOfData(error)) throw error;
          return workOutInParts(db, shard, EVENTS_PER_PAGE, (few) => accrueNext(shard, few));
        }),
      ),
  };
}

/** A page that fails as a whole is tried again, and operators are told. Nobody can be told here that the database does not answer. */
async function tellingOfFailure<T>(db: DatabasePool, { program, shard }: Shard, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const detail = `The earnings of share ${shard + 1} of ${SHARDS} of the program's partners are not worked out: ${reasonOf(error)}. The events that this stops are still due. Bursar tries them again.`;
    await db.transaction((tx) => raiseAlarm(tx, 'accrual_stuck', `program/${program}`, detail)).catch(() => undefined);
    throw error;
  }
}

/** Works out events, and returns the partners above for whom they are due now. */
async function accrue(
  tx: Database,
  program: AccrualProgram,
  due: readonly DueEvent[],
  terms: TermsCache,
): Promise<readonly EventAncestor[]> {
  const page = await openPage(storedPast(tx, program, terms), program, due, terms);
  const { earnings, done, above, waiting, unread } = workOut(page, inOrder(due));
  for (const { scope, event } of unread) await tellOfMissing(tx, scope, event);
  await tellOfMisfits(tx, page.misfits);
  if (waiting.length > 0) await waitInQueue(tx, waiting);
  if (done.length === 0) return [];
  await bookEarnings(tx, program.id, page, { events: done.length, earnings });
  await clearFound(tx, page.changedScopes());
  if (above.length > 0) {
    await insertAncestors(tx, above);
    await insertDue(tx, above);
  }
  await finishDueEvents(tx, done);
  await wakeWaiting(tx, done);
  const corrected = done.filter(({ revision }) => revision > 1);
  if (corrected.length > 0) {
    await tryCorrectedAgain(tx, corrected);
    await wakeSuperseded(tx, corrected);
  }
  return above;
}

/** Somebody is told of refunds that do not fit their sales. The alarm ends when the refund or the sale is corrected so that they fit. */
async function tellOfMisfits(tx: Database, misfits: Page['misfits']): Promise<void> {
  const fitting: string[] = [];
  for (const [event, reason] of misfits)
    if (reason === null) fitting.push(`event/${event}`);
    else await raiseAlarm(tx, 'refund_not_applied', `event/${event}`, reason);
  if (fitting.length > 0) await clearAlarmsAbout(tx, 'refund_not_applied', fitting);
}
