import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { listRunningBackTests } from '../db/earnings/back-tests.ts';
import { listRunningAudits } from '../db/books/audits.ts';
import { keepIncentiveDays } from '../db/books/incentive-days.ts';
import { sealAuditLog } from '../db/people/audit.ts';
import { listOverdueBatches } from '../db/payouts/batches.ts';
import { redrawRun } from '../commands/runs/redraw.ts';
import { listOverdueRuns, listRunsInReview } from '../db/runs/overdue.ts';
import { listShardsWithDueEvents } from '../db/earnings/accrual.ts';
import { listOverdueDecisions } from '../db/earnings/decisions.ts';
import { listOpenReRatings } from '../db/earnings/re-ratings.ts';
import { takeOverduePayouts } from '../db/payouts/payouts.ts';
import { deleteExpiredKeys } from '../db/idempotency-keys.ts';
import { wakeIneligibleAgain } from '../commands/earnings/admissions.ts';
import { closeWindows } from '../commands/earnings/closings.ts';
import { placeOnLadders } from '../commands/earnings/ladders.ts';
import { dividePools } from '../commands/earnings/pools.ts';
import { expirePoints } from '../commands/earnings/points-expiry.ts';
import { claimParked } from '../commands/earnings/parked.ts';
import { followMerges } from '../commands/earnings/merges.ts';
import { giveUpWebhooks, noticeBatches } from '../commands/payouts/inbox.ts';
import { listMatchedInbox, markInboxProcessed } from '../db/payouts/inbox.ts';
import {
  wakeAccrual,
  wakeAudit,
  wakeBackTest,
  wakeBatch,
  wakeDecision,
  wakeReRating,
  wakeRun,
} from '../temporal/starts.ts';
import { isNews } from '../domain/payouts/news.ts';
import { wakePayouts } from './payouts/wake.ts';

export type SweepDeps = { db: DatabasePool; temporal: Client };

const RUNS_PER_SWEEP = 100;
const BATCHES_PER_SWEEP = 100;
const DECISIONS_PER_SWEEP = 100;
const PAYOUTS_PER_PAGE = 200;
/** How much of its minute a sweep may use for this. The next sweep continues. */
const WAKING_MS = 40_000;
const PLACING_MS = 10_000;
const MESSAGES_PER_SWEEP = 500;

export const createSweepActivities = ({ db, temporal }: SweepDeps) => ({
  /**
   * Starts, by its deterministic id, every workflow that the rows say is overdue. A crash between a commit and a signal thus
   * delays work and never loses it. Everything here may be repeated. Returns how many workflows it woke.
   */
  async wakeOverdue(): Promise<number> {
    while ((await closeWindows(db)) > 0);
    await placeOnLadders(db, Date.now(), Date.now() + PLACING_MS);
    const decisions = await listOverdueDecisions(db, DECISIONS_PER_SWEEP);
    for (const decision of decisions) await wakeDecision(temporal, decision);
    while ((await expirePoints(db)) > 0);
    await wakeIneligibleAgain(db);
    const shards = await listShardsWithDueEvents(db);
    for (const shard of shards) await wakeAccrual(temporal, shard);
    for (const open of await listOpenReRatings(db)) await wakeReRating(temporal, open);
    const runs = await listOverdueRuns(db, RUNS_PER_SWEEP);
    for (const run of runs) await wakeRun(temporal, run);
    await noticeBatches(db);
    const batches = await listOverdueBatches(db, BATCHES_PER_SWEEP);
    for (const batch of batches) await wakeBatch(temporal, batch);
    for (const id of await listRunningAudits(db)) await wakeAudit(temporal, id);
    for (const id of await listRunningBackTests(db)) await wakeBackTest(temporal, id);
    const payouts = await wakeOverduePayouts(db, temporal);
    return (
      decisions.length + shards.length + runs.length + batches.length + payouts + (await wakeByInbox(db, temporal))
    );
  },

  /** Gives up webhooks that are about nothing of ours, moves what came to merged partners, takes in parked events, seals the audit log, deletes expired keys, lets runs in review follow what is owed, divides pools, and keeps the sums of reports. */
  async tidy(): Promise<void> {
    await giveUpWebhooks(db);
    await followMerges(db);
    for (const shard of await claimParked(db)) await wakeAccrual(temporal, shard);
    await sealAuditLog(db);
    await deleteExpiredKeys(db);
    await followOwed(db, temporal);
    await dividePools(db);
    while (await keepIncentiveDays(db));
  },
});

/**
 * Redraws the runs in review. One may fail, such as for a line that another run takes at this moment. The others are redrawn all the
 * same, and the activity then fails, so that Temporal shows why and tries again.
 */
async function followOwed(db: DatabasePool, temporal: Client): Promise<void> {
  const failed: { id: string; error: unknown }[] = [];
  for (const run of await listRunsInReview(db))
    try {
      if (await redrawRun(db, run.id)) await wakeRun(temporal, run);
    } catch (error) {
      failed.push({ id: run.id, error });
    }
  if (failed.length > 0)
    throw new AggregateError(
      failed.map(({ error }) => error),
      `These runs in review could not be redrawn: ${failed.map(({ id }) => id).join(', ')}`,
    );
}

async function wakeOverduePayouts(db: DatabasePool, temporal: Client): Promise<number> {
  const endsAt = Date.now() + WAKING_MS;
  let woken = 0;
  for (;;) {
    const payouts = await takeOverduePayouts(db, PAYOUTS_PER_PAGE);
    await wakePayouts(temporal, payouts);
    woken += payouts.length;
    if (payouts.length < PAYOUTS_PER_PAGE || Date.now() > endsAt) return woken;
  }
}

/** Wakes payouts for webhooks that came before their payout was known, or whose signal was lost. */
async function wakeByInbox(db: DatabasePool, temporal: Client): Promise<number> {
  const messages = await listMatchedInbox(db, MESSAGES_PER_SWEEP);
  const news = messages.filter(({ known, message }) => isNews(known, message));
  const payouts = new Map(news.map((payout) => [payout.id, payout]));
  await wakePayouts(temporal, [...payouts.values()]);
  const done = messages.map(({ inboxGateway, eventId }) => ({ gateway: inboxGateway, eventId }));
  if (done.length > 0) await markInboxProcessed(db, done);
  return payouts.size;
}
