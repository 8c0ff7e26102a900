import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { postJournals } from '../../db/books/ledger.ts';
import { type Database, expectManyRows } from '../../db/database.ts';
import { type AccrualProgram, type DueEvent, listDueEvents, lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { insertEarnings, type LineKind, type NewEarning } from '../../db/earnings/earnings.ts';
import { finishDueEvents, waitForSales, wakeWaiting } from '../../db/earnings/events.ts';
import { saveScopes } from '../../db/earnings/scopes.ts';
import { accrualPostings } from '../../domain/books/postings.ts';
import { close, type Earning, earningsOf, type Scope } from '../../domain/earnings/change.ts';
import { type Shard, SHARDS } from '../../domain/earnings/shard.ts';
import { isReading } from '../../domain/programs/incentives/measure.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { openPage, type Page } from './page.ts';
import { createTermsCache, type TermsCache } from './terms-cache.ts';

export type AccrualDeps = { db: DatabasePool; temporal: Client };

const EVENTS_PER_PAGE = 2000;
const REASON_CHARS_MAX = 300;

export function createAccrualActivities({ db }: Pick<AccrualDeps, 'db'>) {
  const terms = createTermsCache();
  return {
    /**
     * Works out one page of events of a share of a program's partners in one transaction: earnings, scopes, lines, journals. Returns how
     * many events it took, or 0 when none is due. Safe to repeat: an event leaves `event_due` in the transaction that works it out.
     */
    accruePage: (shard: Shard): Promise<number> =>
      tellingOfFailure(db, shard, async (tx) => {
        const program = await lockShardForAccrual(tx, shard);
        if (!program) return 0;
        await expectManyRows(tx);
        const due = await listDueEvents(tx, program.id, shard.shard, EVENTS_PER_PAGE);
        if (due.length > 0) await accrue(tx, program, due, terms);
        return due.length;
      }),
  };
}

/**
 * Works in a transaction. A page that fails is tried again, and holds up its share of partners until it succeeds, so operators are told.
 * Nobody can be told here that the database does not answer.
 */
async function tellingOfFailure<T>(
  db: DatabasePool,
  { program, shard }: Shard,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  try {
    return await db.transaction(work);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const detail = `The earnings of share ${shard + 1} of ${SHARDS} of the program's partners are not worked out: ${reason.slice(0, REASON_CHARS_MAX)}. Nothing of this page was written. Bursar tries it again.`;
    await db.transaction((tx) => raiseAlarm(tx, 'accrual_stuck', `program/${program}`, detail)).catch(() => undefined);
    throw error;
  }
}

async function accrue(
  tx: Database,
  program: AccrualProgram,
  due: readonly DueEvent[],
  terms: TermsCache,
): Promise<void> {
  const page = await openPage(tx, program, due, terms);
  const earnings: NewEarning[] = [];
  const done: DueEvent[] = [];
  const early: (DueEvent & { refundOf: string })[] = [];
  for (const event of inOrder(due)) {
    const closing = page.closingOf(event);
    const change = closing ? null : page.changeOf(event);
    if (change === 'early') {
      if (event.refundOf !== null) early.push({ ...event, refundOf: event.refundOf });
      continue;
    }
    const earned = change ? earningsOf(change, page) : closingEarnings(closing, event, page);
    if (closing && lacksReading(closing)) await tellOfMissingReading(tx, closing, event);
    page.remember(event, change, earned);
    earnings.push(...named(event, earned, page));
    done.push(event);
  }
  for (const { event, reason } of page.misfits)
    await raiseAlarm(tx, 'refund_not_applied', `event/${event.source}/${event.id}`, reason);
  if (early.length > 0) await waitForSales(tx, early);
  if (done.length === 0) return;
  await saveScopes(tx, program.id, page.changedScopes());
  const { lines, ...batch } = await insertEarnings(tx, program.id, done.length, earnings);
  await postJournals(tx, accrualPostings({ ...batch, programId: program.id }, lines));
  await finishDueEvents(tx, done);
  await wakeWaiting(tx, done);
}

const lacksReading = ({ measure, members }: Scope): boolean => isReading(measure) && members.size === 0;

/** A window that closes without its reading earns nothing yet, and somebody is told. */
const tellOfMissingReading = (tx: Database, { incentiveId, start, measure }: Scope, { partner, program }: DueEvent) =>
  raiseAlarm(
    tx,
    'reading_missing',
    `partner/${partner}`,
    `The window from ${start} of the incentive ${incentiveId} in program ${program} was closed without a ${measure}, so it earned nothing yet. Send the reading: the window then earns what it is worth.`,
    `${program}/${incentiveId}/${start}`,
  );

/** The earning of a window that is closed. */
function closingEarnings(scope: Scope | undefined, { eventId }: DueEvent, page: Page): Earning[] {
  const earned = scope && close(scope, eventId, page);
  return earned ? [earned] : [];
}

const isOriginal = ({ refundOf, revision }: DueEvent): boolean => refundOf === null && revision === 1;

/** The event that happened first comes first, so that a later sale is the one that reaches a step. Refunds and corrections follow as they came. */
function inOrder(due: readonly DueEvent[]): DueEvent[] {
  const originals = due.filter(isOriginal).toSorted((one, other) => one.occurredAtMs - other.occurredAtMs);
  return originals.length === due.length ? originals : [...originals, ...due.filter((event) => !isOriginal(event))];
}

function kindOf({ refundOf, revision }: DueEvent): LineKind {
  if (refundOf !== null) return 'reversed';
  return revision > 1 ? 'corrected' : 'earned';
}

const named = (event: DueEvent, earned: ReturnType<typeof earningsOf>, page: Page): NewEarning[] =>
  earned.map((earning, index) => ({
    ...earning,
    eventId: event.eventId,
    n: index + 1,
    partnerId: event.partnerId,
    kind: kindOf(event),
    madeBy: handsOf(event, earning, page),
  }));

/** The people who had a hand in an earning. A window that is earned at its close has those of all its events. */
function handsOf({ sentBy, acceptedBy = null }: DueEvent, { scope, versionId }: Earning, page: Page): string[] {
  const own = [sentBy, acceptedBy, page.authorOf(versionId)].filter((person) => person !== null);
  if (!scope || scope.closesOn === null) return own;
  for (const person of own) scope.madeBy.add(person);
  return [...scope.madeBy];
}
