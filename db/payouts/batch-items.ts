import { sql } from 'slonik';
import { z } from 'zod';

import type { AttemptState } from '../../domain/payouts/attempt.ts';
import type { Paid } from '../../domain/books/postings.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { closeTasksAbout } from '../tasks/tasks.ts';
import { PayoutStart, type PayoutStartRow } from './attempts.ts';
import type { Database } from '../database.ts';
import { Count, Currency } from '../column-types.ts';

/** The attempts of a batch, all at once: a batch holds thousands. */

/** What the postings of an attempt need to know, and whether its provider has not answered for it alone. */
export type BatchItemPaid = Paid & { payoutId: string; isAsked: boolean };

/** An attempt that was perhaps never made: whatever the provider says of its batch, people must still say what became of it. */
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

/** Locks the payouts of a batch's live attempts, in id order, and says what their postings need to know. */
export async function lockBatchItems(db: Database, batchId: string): Promise<readonly BatchItemPaid[]> {
  await db.query(sql.unsafe`
    select from payout where id in (select payout_id from payout_attempt where batch_id = ${batchId} and state <> 'failed')
    order by id for update`);
  return db.any(sql.type(PaidRow)`
    select attempt.id as "attemptId", attempt.gateway, payout.partner_id as "partnerId", payout.currency,
      payout.gross_minor as "gross", payout.withheld_minor as "withheld",
      payout.fee_minor as "fee", payout.net_minor as "net", payout.id as "payoutId",
      attempt.state in ('submitted', 'unknown') as "isAsked"
    from payout_attempt attempt join payout on payout.id = attempt.payout_id
    where attempt.batch_id = ${batchId} and attempt.state <> 'failed' order by payout.id`);
}

/** From here on each of them may have been asked for. */
export const submitBatchItems = (db: Database, batchId: string) =>
  db.query(sql.unsafe`
    update payout_attempt set state = 'submitted', submitted_at = now() where batch_id = ${batchId} and state = 'prepared'`);

/** Writes what the provider said of all: of those that have not heard of their own fate yet. */
export const moveBatchItems = (
  db: Database,
  batchId: string,
  { state, word, reason }: { state: AttemptState; word: string; reason: string | null },
) =>
  db.query(sql.unsafe`
    update payout_attempt set state = ${state}, word = ${word}, reason = coalesce(${reason}, reason),
      evidence = jsonb_build_object('batch', batch_id), answered_at = clock_timestamp()
    where batch_id = ${batchId} and state in ('submitted', 'unknown') and state <> ${state}`);

/** Proved that nothing moved, of each of these. */
export const failBatchItems = (db: Database, items: readonly { attemptId: string; word: string; reason: string }[]) =>
  db.query(sql.unsafe`
    update payout_attempt attempt set state = 'failed', word = item.word, reason = item.reason, answered_at = clock_timestamp()
    from ${sql.unnest(
      items.map(({ attemptId, word, reason }) => [attemptId, word, reason]),
      ['uuid', 'text', 'text'],
    )} as item(id, word, reason)
    where attempt.id = item.id`);

/** Its payouts need not be looked at one by one before that: their batch tells each when to go on. */
export const setBatchPayoutsDue = (db: Database, batchId: string, dueInMs: number) =>
  db.query(sql.unsafe`
    update payout set due_at = now() + ${dueInMs} * interval '1 millisecond'
    from payout_attempt attempt where attempt.payout_id = payout.id and attempt.batch_id = ${batchId} and attempt.state <> 'failed'`);

export type ItemReference = { key: string; reference: string; step: string };

/** Keeps by which reference each payment of a batch is followed. One that is known stays. */
export const saveItemReferences = (db: Database, batchId: string, items: readonly ItemReference[]) =>
  db.query(sql.unsafe`
    update payout_attempt attempt set provider_ref = item.reference, step = item.step
    from ${sql.unnest(
      items.map(({ key, reference, step }) => [key, reference, step]),
      ['text', 'text', 'text'],
    )} as item(key, reference, step)
    where attempt.batch_id = ${batchId} and attempt.provider_key = item.key and attempt.provider_ref is null`);

const CountRow = z.strictObject({ count: Count });

/** How many payments of a batch cannot be followed yet: nobody knows their reference. */
export const countItemsUnnamed = (db: Database, batchId: string): Promise<number> =>
  db.oneFirst(sql.type(CountRow)`
    select count(*) from payout_attempt where batch_id = ${batchId} and state = 'accepted' and provider_ref is null`);

/** How many were handed over and have not been read since: more at once would only wait in the queues. */
export const countItemsUnread = (db: Database, batchId: string): Promise<number> =>
  db.oneFirst(sql.type(CountRow)`
    select count(*) from payout_attempt attempt join provider_batch batch on batch.id = attempt.batch_id
    where attempt.batch_id = ${batchId} and attempt.state = 'accepted' and attempt.evidence ? 'batch'
      and attempt.provider_ref is not null and attempt.payout_id <= batch.handed_to`);

/** Takes the next payouts that follow their own payment from here on, in id order; whoever does not reach one, the sweep does. */
export const takeHandOver = (db: Database, batchId: string, limit: number): Promise<readonly PayoutStartRow[]> =>
  db.any(sql.type(PayoutStart)`
    with next as (
      select attempt.payout_id from payout_attempt attempt join provider_batch batch on batch.id = attempt.batch_id
      where attempt.batch_id = ${batchId} and attempt.state <> 'failed'
        and (batch.handed_to is null or attempt.payout_id > batch.handed_to)
      order by attempt.payout_id limit ${limit}
    ), due as (
      update payout set due_at = now() + interval '1 minute' from next where payout.id = next.payout_id
      returning payout.id, payout.run_id, payout.partner_id, payout.method, payout.gateway
    )
    select due.id, due.run_id as "runId", partner.code as "partnerCode", due.method, due.gateway
    from due join partner on partner.id = due.partner_id order by due.id`);

/** Up to this payout all were told. */
export const saveHandOver = (db: Database, batchId: string, payoutId: string) =>
  db.query(sql.unsafe`
    update provider_batch set handed_to = greatest(handed_to, ${payoutId}::uuid) where id = ${batchId}`);

const StatusRow = z.strictObject({
  status: z.string(),
  batchId: z.string(),
  count: Count,
});

/** The payouts of these batches, counted by what they are now. */
export const listBatchStatuses = (
  db: Database,
  batchIds: readonly string[],
): Promise<readonly z.infer<typeof StatusRow>[]> =>
  db.any(sql.type(StatusRow)`
    select attempt.batch_id as "batchId", payout.status, count(*) as count
    from payout_attempt attempt join payout on payout.id = attempt.payout_id
    where attempt.batch_id = any(${sql.array(batchIds, 'uuid')}) group by attempt.batch_id, payout.status order by 1, 2`);

/** Closes what was asked about the payments of a batch, now that its provider tells of them; but not of one that it may not have made. */
export const closeItemTasks = (db: Database, batchId: string, resolution: string) =>
  closeTasksAbout(
    db,
    'outcome_unknown',
    sql.fragment`select payout_id from payout_attempt where batch_id = ${batchId} and not ${isDoubtful}`,
    resolution,
  );
