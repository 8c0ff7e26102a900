import { sql } from 'slonik';
import { z } from 'zod';

import type { Paid } from '../../domain/books/postings.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { closeTasksAbout } from '../tasks/tasks.ts';
import type { Database } from '../database.ts';
import { Count, Currency } from '../column-types.ts';

/** The attempts of a batch. A batch holds thousands, so each query covers all of them. */

/** The facts that the postings of an attempt need, and whether its provider has not yet replied for it alone. */
export type BatchItemPaid = Paid & { payoutId: string; isAsked: boolean };

/** An attempt that the provider perhaps never made. People must say what happened to it, whatever the provider says about its batch. */
export const isDoubtful = sql.fragment`(state = 'needs_person' and provider_ref is null)`;

const PaidRow = z.strictObject({
  attemptId: z.string(),
  payoutId: z.string(),
  isAsked: z.boolean(),
  gateway: z.enum(GATEWAYS),
  partnerId: z.bigint(),
  currency: Currency,
  gross: z.bigint(),
  withheld: z.bigint(),
  fee: z.bigint(),
  net: z.bigint(),
});

/** Locks the payouts of a batch's live attempts in the order of their ids, and returns the facts that their postings need. */
export async function lockBatchItems(db: Database, batchId: string): Promise<readonly BatchItemPaid[]> {
  await db.query(sql.unsafe`
    select from payout where id in (select payout_id from payout_attempt where batch_id = ${batchId} and state <> 'failed')
    order by id for update`);
  return db.any(sql.type(PaidRow)`
    select attempt.id as "attemptId", attempt.gateway, payout.partner_id as "partnerId", payout.currency,
      payout.gross_minor as "gross", payout.withheld_minor as "withheld", payout.fee_minor as "fee", payout.net_minor as "net",
      payout.id as "payoutId", attempt.state in ('submitted', 'unknown') as "isAsked"
    from payout_attempt attempt join payout on payout.id = attempt.payout_id
    where attempt.batch_id = ${batchId} and attempt.state <> 'failed' order by payout.id`);
}

const CountRow = z.strictObject({ count: Count });

/** How many payments of a batch cannot be followed yet, because nobody knows their reference. */
export const countItemsUnnamed = (db: Database, batchId: string): Promise<number> =>
  db.oneFirst(sql.type(CountRow)`
    select count(*) from payout_attempt where batch_id = ${batchId} and state = 'accepted' and provider_ref is null`);

/** How many payments were handed over and have not been read since. More at once would only wait in the queues. */
export const countItemsUnread = (db: Database, batchId: string): Promise<number> =>
  db.oneFirst(sql.type(CountRow)`
    select count(*) from payout_attempt attempt join provider_batch batch on batch.id = attempt.batch_id
    where attempt.batch_id = ${batchId} and attempt.state = 'accepted' and attempt.evidence ? 'batch'
      and attempt.provider_ref is not null and attempt.payout_id <= batch.handed_to`);

const StatusRow = z.strictObject({
  status: z.string(),
  batchId: z.string(),
  count: Count,
});

/** The payouts of these batches, counted by their current status. */
export const listBatchStatuses = (
  db: Database,
  batchIds: readonly string[],
): Promise<readonly z.infer<typeof StatusRow>[]> =>
  db.any(sql.type(StatusRow)`
    select attempt.batch_id as "batchId", payout.status, count(*) as count
    from payout_attempt attempt join payout on payout.id = attempt.payout_id
    where attempt.batch_id = any(${sql.array(batchIds, 'uuid')}) group by attempt.batch_id, payout.status order by 1, 2`);

/** Closes the tasks about a batch's payments, now that its provider reports them. The task of a doubtful payment stays open. */
export const closeItemTasks = (db: Database, batchId: string, resolution: string) =>
  closeTasksAbout(
    db,
    'outcome_unknown',
    sql.fragment`select payout_id from payout_attempt where batch_id = ${batchId} and not ${isDoubtful}`,
    resolution,
  );
