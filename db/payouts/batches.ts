import { sql } from 'slonik';
import { z } from 'zod';

import { BATCH_STATES, type BatchState } from '../../domain/payouts/batch.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { changesRow, type Database } from '../database.ts';
import { lockPauses } from './pauses.ts';
import { Bytes, Count, Currency, Instant } from '../column-types.ts';

const BatchRow = z.strictObject({
  id: z.string(),
  runId: z.string(),
  gateway: z.enum(GATEWAYS),
  currency: Currency,
  number: z.number(),
  itemCount: z.number(),
  totalMinor: z.bigint(),
  providerKey: z.string(),
  providerRef: z.string().nullable(),
  step: z.string().nullable(),
  state: z.enum(BATCH_STATES),
  word: z.string().nullable(),
  reason: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  submittedAt: Instant.nullable(),
  submitDeadlineAt: Instant.nullable(),
  /** Counts the callers who took the right to ask. */
  callNo: z.number(),
  stateAt: Instant,
  createdAt: Instant,
  /** The database's clock at the time of the read. */
  readAt: Instant,
});
/** Payments of one run, gateway and currency that a provider is asked for together. */
export type Batch = z.infer<typeof BatchRow>;

const batchColumns = sql.fragment`
  id, run_id as "runId", gateway, currency, number, item_count as "itemCount", total_minor as "totalMinor",
    provider_key as "providerKey", provider_ref as "providerRef", step, state, word, reason, evidence,
    submitted_at as "submittedAt", submit_deadline_at as "submitDeadlineAt", call_no as "callNo", state_at as "stateAt", created_at as "createdAt",
    clock_timestamp() as "readAt"`;
const selectBatch = sql.fragment`select ${batchColumns} from provider_batch`;

export async function getBatch(db: Database, id: string): Promise<Batch> {
  const batch = await db.maybeOne(sql.type(BatchRow)`${selectBatch} where id = ${id}`);
  if (!batch) throw new Failure('not_found', `There is no batch ${id}.`);
  return batch;
}

/** Reads and locks a batch for this transaction. */
export async function lockBatch(db: Database, id: string): Promise<Batch> {
  await db.query(sql.unsafe`select from provider_batch where id = ${id} for update`);
  return getBatch(db, id);
}

/** A run's batches in the order of their ids, after a cursor. */
export const listRunBatches = (
  db: Database,
  runId: string,
  after: string | null,
  limit: number,
): Promise<readonly Batch[]> =>
  db.any(sql.type(BatchRow)`
    ${selectBatch} where run_id = ${runId} and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}`);

/** The sealed bytes of the frozen request. They may be megabytes, so only the code that sends them reads them. */
export const getBatchRequest = (db: Database, id: string): Promise<Uint8Array> =>
  db.oneFirst(sql.type(z.object({ requestSealed: Bytes }))`
    select request_sealed as "requestSealed" from provider_batch where id = ${id}`);

const GroupRow = z.strictObject({ gateway: z.enum(GATEWAYS), currency: Currency, count: Count });
/** Payouts of a run that could go together. */
export type BatchGroup = z.infer<typeof GroupRow>;

/** A run's approved payouts of these gateways that nobody holds, counted by gateway and currency: a batch has one of each. */
export const listBatchGroups = (
  db: Database,
  runId: string,
  gateways: readonly GatewayName[],
): Promise<readonly BatchGroup[]> =>
  db.any(sql.type(GroupRow)`
    select gateway, currency, count(*) as count from payout
    where run_id = ${runId} and status = 'approved' and held_at is null and gateway = any(${sql.array(gateways, 'text')})
    group by gateway, currency having count(*) > 1 order by gateway, currency`);

/** The number of a run's next batch. The caller has locked the run's row, so that nobody else gets the same number. */
export const nextBatchNumber = (
  db: Database,
  { runId, gateway, currency }: Pick<Batch, 'runId' | 'gateway' | 'currency'>,
): Promise<number> =>
  db.oneFirst(sql.type(z.object({ number: z.number() }))`
    select coalesce(max(number), 0)::int + 1 as number from provider_batch
    where run_id = ${runId} and gateway = ${gateway} and currency = ${currency}`);

export type NewBatch = Pick<
  Batch,
  'id' | 'runId' | 'gateway' | 'currency' | 'number' | 'itemCount' | 'totalMinor' | 'providerKey'
> & { requestSealed: Uint8Array; requestHash: Uint8Array };

/** Records the request of a batch, in the same transaction as its attempts. */
export const insertBatch = (db: Database, batch: NewBatch) =>
  db.query(sql.unsafe`
    insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, request_sealed,
      request_hash)
    values (${batch.id}, ${batch.runId}, ${batch.gateway}, ${batch.currency}, ${batch.number}, ${batch.itemCount},
      ${String(batch.totalMinor)}, ${batch.providerKey}, ${sql.binary(Buffer.from(batch.requestSealed))},
      ${sql.binary(Buffer.from(batch.requestHash))})`);

/** Takes the right to ask for the first time. Once this is committed, the provider may have been asked for every payment in it. */
export const claimBatch = (db: Database, id: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update provider_batch set state = 'submitted', submitted_at = now() where id = ${id} and state = 'prepared'`,
  );

/** Whether no other call can be under way, so that the outcome can be resolved, or the next part can be asked for. */
export const mayResolveBatch = (db: Database, id: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from provider_batch
    where id = ${id} and state in ('submitted', 'unknown') and coalesce(submit_deadline_at, '-infinity') <= clock_timestamp()`);

/**
 * Takes the right to ask, until the deadline. The caller has locked the batch and found that no other call can be under way. Returns the
 * batch with all that earlier callers learned.
 */
export const openBatchCall = (db: Database, id: string, deadlineMs: number): Promise<Batch> =>
  db.one(sql.type(BatchRow)`
    update provider_batch set call_no = call_no + 1, submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond'
    where id = ${id} returning ${batchColumns}`);

/** One caller's right to ask for a batch. It is over once another caller has taken it. */
export type BatchCall = Pick<Batch, 'id' | 'callNo'>;

/**
 * Counts the time of the right from now, after the commit, because a commit with thousands of payments takes seconds. False where the
 * right has lapsed meanwhile.
 */
export const extendBatchCall = (db: Database, { id, callNo }: BatchCall, deadlineMs: number): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update provider_batch set submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond'
    where id = ${id} and call_no = ${callNo} and submit_deadline_at > clock_timestamp()`,
  );

/** Says that this call has ended, so that others may continue from now on. */
export const closeBatchCall = (db: Database, { id, callNo }: BatchCall) =>
  db.query(
    sql.unsafe`update provider_batch set submit_deadline_at = clock_timestamp() where id = ${id} and call_no = ${callNo}`,
  );

/**
 * Records the progress of a call that has several parts. A reference never changes once it is known. Returns false, and records nothing,
 * where another caller has taken over.
 */
export const saveBatchStep = (
  db: Database,
  { id, callNo }: BatchCall,
  step: string,
  reference: string | null,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update provider_batch set step = ${step}, provider_ref = coalesce(provider_ref, ${reference})
    where id = ${id} and call_no = ${callNo}`,
  );

export type BatchChange = {
  state: BatchState;
  word: string;
  reason: string | null;
  reference: string | null;
  evidence: unknown;
};

/** Records what a provider said. The database refuses a step that its table of edges forbids. */
export const updateBatch = (db: Database, id: string, change: BatchChange) =>
  db.query(sql.unsafe`
    update provider_batch set state = ${change.state}, word = ${change.word}, reason = coalesce(${change.reason}, reason),
      provider_ref = coalesce(provider_ref, ${change.reference}), evidence = ${JSON.stringify(change.evidence)}::jsonb
    where id = ${id}`);

/** Ends a batch once each of its payouts has recorded what the provider said, or what two people decided. Returns whether it ended. */
export const endBatch = (db: Database, id: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update provider_batch set state = case state when 'refused' then 'failed' else 'done' end
    where id = ${id} and (state in ('accepted', 'refused') or state = 'unknown' and not exists (
      select from payout_attempt where batch_id = ${id} and state in ('submitted', 'unknown')))`,
  );

/** Ends a batch for which nobody was asked. */
export const failBatch = (db: Database, id: string, reason: string) =>
  db.query(sql.unsafe`
    update provider_batch set state = 'failed', reason = ${reason} where id = ${id} and state = 'prepared'`);

/** Sets the time at which a batch is due, whatever happens to its workflow. */
export const setBatchDue = (db: Database, id: string, dueInMs: number) =>
  db.query(
    sql.unsafe`update provider_batch set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`,
  );

/** Whether the batch's run or its gateway is paused. */
export const isBatchHeld = (db: Database, { runId, gateway }: Pick<Batch, 'runId' | 'gateway'>): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 where exists (select from gateway_pause where gateway = ${gateway})
      or exists (select from payout_run where id = ${runId} and status = 'paused')`);

const StartRow = z.strictObject({
  id: z.string(),
  gateway: z.enum(GATEWAYS),
  currency: Currency,
  runId: z.string(),
  itemCount: z.number(),
});
export type BatchStartRow = z.infer<typeof StartRow>;

/** Says that a batch waits for the resume of its run or gateway. It is due at once where that is over by now. */
export const waitForBatchResume = (db: Database, id: string, dueInMs: number) =>
  db.query(sql.unsafe`
    with ${lockPauses(sql.fragment`provider_batch where id = ${id}`)}
    update provider_batch set due_at = now() + case
      when exists (select from paused) then ${dueInMs} * interval '1 millisecond' else interval '0' end
    where id = ${id}`);

/** Open batches that have fallen due and that nobody has picked up. */
export const listOverdueBatches = (db: Database, limit: number): Promise<readonly BatchStartRow[]> =>
  db.any(sql.type(StartRow)`
    select id, run_id as "runId", gateway, currency, item_count as "itemCount" from provider_batch
    where state not in ('done', 'failed') and due_at <= now() order by due_at limit ${limit}`);

/** The open batch that a provider names by its reference or our key. Null where we know no such batch, or where it is over. */
export const findBatchByProviderRef = (
  db: Database,
  gateway: GatewayName,
  { reference, key }: { reference: string | null; key: string | null },
): Promise<BatchStartRow | null> =>
  db.maybeOne(sql.type(StartRow)`
    select id, run_id as "runId", gateway, currency, item_count as "itemCount" from provider_batch
    where gateway = ${gateway} and (provider_ref = ${reference} or provider_key = ${key}) and state not in ('done', 'failed')
    limit 1`);

/** The batch that waits for a person and holds this payout's payment. A message about the payment may mean that the person has acted. */
export const findWaitingBatch = (db: Database, payoutId: string): Promise<BatchStartRow | null> =>
  db.maybeOne(sql.type(StartRow)`
    select batch.id, batch.run_id as "runId", batch.gateway, batch.currency, batch.item_count as "itemCount"
    from provider_batch batch join payout_attempt attempt on attempt.batch_id = batch.id
    where attempt.payout_id = ${payoutId} and attempt.state <> 'failed' and batch.state = 'needs_person'`);

/** Records that all payouts up to this one have been told to follow their own payment. */
export const saveHandOver = (db: Database, batchId: string, payoutId: string) =>
  db.query(sql.unsafe`
    update provider_batch set handed_to = greatest(handed_to, ${payoutId}::uuid) where id = ${batchId}`);

/** Makes open batches due now: the named ones, or all that waited for the resume of their run or gateway. */
export const makeBatchesDue = (
  db: Database,
  which: { ids: readonly string[] } | { runId: string } | { gateway: GatewayName },
) =>
  db.query(sql.unsafe`
    update provider_batch set due_at = now()
    where id in (
      select id from provider_batch where state not in ('done', 'failed') and ${
        'ids' in which
          ? sql.fragment`id = any(${sql.array(which.ids, 'uuid')})`
          : 'runId' in which
            ? sql.fragment`run_id = ${which.runId}`
            : sql.fragment`gateway = ${which.gateway}`
      } order by id for update)`);
