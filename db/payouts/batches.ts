import { sql } from 'slonik';
import { z } from 'zod';

import { BATCH_STATES, type BatchState } from '../../domain/payouts/batch.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { changesRow, type Database } from '../database.ts';
import { Bytes, Currency, Instant } from '../column-types.ts';

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
  stateAt: Instant,
  createdAt: Instant,
  /** The database's clock when it was read. */
  readAt: Instant,
});
/** Payments of one run, gateway and currency that are asked for together. */
export type Batch = z.infer<typeof BatchRow>;

const selectBatch = sql.fragment`
  select id, run_id as "runId", gateway, currency, number, item_count as "itemCount", total_minor as "totalMinor",
    provider_key as "providerKey", provider_ref as "providerRef", step, state, word, reason, evidence,
    submitted_at as "submittedAt", submit_deadline_at as "submitDeadlineAt", state_at as "stateAt", created_at as "createdAt",
    clock_timestamp() as "readAt"
  from provider_batch`;

export async function getBatch(db: Database, id: string): Promise<Batch> {
  const batch = await db.maybeOne(sql.type(BatchRow)`${selectBatch} where id = ${id}`);
  if (!batch) throw new Failure('not_found', `There is no batch ${id}.`);
  return batch;
}

/** Reads a batch and keeps it for this transaction; always before its payouts and attempts. */
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

/** The bytes that were frozen, sealed; up to some megabytes, so only whoever sends them reads them. */
export const getBatchRequest = (db: Database, id: string): Promise<Uint8Array> =>
  db.oneFirst(sql.type(z.object({ request_sealed: Bytes }))`
    select request_sealed from provider_batch where id = ${id}`);

const GroupRow = z.strictObject({ gateway: z.enum(GATEWAYS), currency: Currency, count: z.bigint() });
/** Payouts of a run that could go together. */
export type BatchGroup = { gateway: GatewayName; currency: z.infer<typeof Currency>; count: number };

/** A run's approved payouts of these gateways, counted by what a batch may hold: one gateway, one currency. */
export async function listBatchGroups(
  db: Database,
  runId: string,
  gateways: readonly GatewayName[],
): Promise<BatchGroup[]> {
  const rows = await db.any(sql.type(GroupRow)`
    select gateway, currency, count(*) as count from payout
    where run_id = ${runId} and status = 'approved' and gateway = any(${sql.array(gateways, 'text')})
    group by gateway, currency having count(*) > 1 order by gateway, currency`);
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** The number that a run's next batch gets. Whoever asks holds the run's row, so that nobody else gets it too. */
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

/** Writes down what will be asked; in the same transaction as its attempts. */
export const insertBatch = (db: Database, batch: NewBatch) =>
  db.query(sql.unsafe`
    insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, request_sealed, request_hash)
    values (${batch.id}, ${batch.runId}, ${batch.gateway}, ${batch.currency}, ${batch.number}, ${batch.itemCount},
      ${String(batch.totalMinor)}, ${batch.providerKey}, ${sql.binary(Buffer.from(batch.requestSealed))},
      ${sql.binary(Buffer.from(batch.requestHash))})`);

/** Takes the right to ask, the first time. What it commits means "may have been asked" of every payment in it. */
export const claimBatch = (db: Database, id: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update provider_batch set state = 'submitted', submitted_at = now() where id = ${id} and state = 'prepared'`,
  );

/** Whether nobody else's call can be under way, so that the outcome may be resolved, or the next part be asked for. */
export const mayResolveBatch = (db: Database, id: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from provider_batch
    where id = ${id} and state in ('submitted', 'unknown') and coalesce(submit_deadline_at, '-infinity') <= clock_timestamp()`);

/** Says until when whoever holds the right to ask may be asking. The last thing of the transaction that takes it. */
export const openBatchCall = (db: Database, id: string, deadlineMs: number) =>
  db.query(sql.unsafe`
    update provider_batch set submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond' where id = ${id}`);

/**
 * Gives whoever took the right its whole time, counted from when that was committed: with thousands of payments that takes seconds.
 * False where the right has lapsed meanwhile.
 */
export const extendBatchCall = (db: Database, id: string, deadlineMs: number): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update provider_batch set submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond'
    where id = ${id} and submit_deadline_at > clock_timestamp()`,
  );

/** The one call that could still be under way has ended: others may go on from now on. */
export const closeBatchCall = (db: Database, id: string) =>
  db.query(sql.unsafe`update provider_batch set submit_deadline_at = clock_timestamp() where id = ${id}`);

/** Keeps how far a call of several parts came. A reference, once known, never changes. */
export const saveBatchStep = (db: Database, id: string, step: string, reference: string | null) =>
  db.query(sql.unsafe`
    update provider_batch set step = ${step}, provider_ref = coalesce(provider_ref, ${reference}) where id = ${id}`);

export type BatchChange = {
  state: BatchState;
  word: string;
  reason: string | null;
  reference: string | null;
  evidence: unknown;
};

/** Writes what a provider said; the database refuses a step that its table of edges forbids. */
export const updateBatch = (db: Database, id: string, change: BatchChange) =>
  db.query(sql.unsafe`
    update provider_batch set state = ${change.state}, word = ${change.word}, reason = coalesce(${change.reason}, reason),
      provider_ref = coalesce(provider_ref, ${change.reference}), evidence = ${JSON.stringify(change.evidence)}::jsonb
    where id = ${id}`);

/** Every payout of it has learnt what its provider said, or what two people did. Returns whether it is over by that. */
export const endBatch = (db: Database, id: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update provider_batch set state = case state when 'refused' then 'failed' else 'done' end
    where id = ${id} and (state in ('accepted', 'refused') or state = 'unknown' and not exists (
      select from payout_attempt where batch_id = ${id} and state in ('submitted', 'unknown')))`,
  );

/** Says when somebody should look at a batch next, whatever happens to its workflow. */
export const setBatchDue = (db: Database, id: string, dueInMs: number) =>
  db.query(
    sql.unsafe`update provider_batch set due_at = now() + ${dueInMs} * interval '1 millisecond' where id = ${id}`,
  );

/** Its run is paused, or its gateway. */
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

/** Open batches that nobody has looked at since they fell due. */
export const listOverdueBatches = (db: Database, limit: number): Promise<readonly BatchStartRow[]> =>
  db.any(sql.type(StartRow)`
    select id, run_id as "runId", gateway, currency, item_count as "itemCount" from provider_batch
    where state not in ('done', 'failed') and due_at <= now() order by due_at limit ${limit}`);

/** The batch that a provider speaks of, by its reference or our key; null where nothing of ours is known by them. */
export const findBatchByProviderRef = (
  db: Database,
  gateway: GatewayName,
  { reference, key }: { reference: string | null; key: string | null },
): Promise<BatchStartRow | null> =>
  db.maybeOne(sql.type(StartRow)`
    select id, run_id as "runId", gateway, currency, item_count as "itemCount" from provider_batch
    where gateway = ${gateway} and (provider_ref = ${reference} or provider_key = ${key}) limit 1`);

/** The batch that waits for a person and holds this payout's payment; news of the payment may be that they have acted. */
export const findWaitingBatch = (db: Database, payoutId: string): Promise<BatchStartRow | null> =>
  db.maybeOne(sql.type(StartRow)`
    select batch.id, batch.run_id as "runId", batch.gateway, batch.currency, batch.item_count as "itemCount"
    from provider_batch batch join payout_attempt attempt on attempt.batch_id = batch.id
    where attempt.payout_id = ${payoutId} and attempt.state <> 'failed' and batch.state = 'needs_person'`);

/** Up to this payout all were told. */
export const saveHandOver = (db: Database, batchId: string, payoutId: string) =>
  db.query(sql.unsafe`
    update provider_batch set handed_to = greatest(handed_to, ${payoutId}::uuid) where id = ${batchId}`);

/** Says that open batches should be looked at now: these, or all that waited for the resume of their run or gateway. */
export const makeBatchesDue = (
  db: Database,
  which: { ids: readonly string[] } | { runId: string } | { gateway: GatewayName },
) =>
  db.query(sql.unsafe`
    update provider_batch set due_at = now()
    where state not in ('done', 'failed') and ${
      'ids' in which
        ? sql.fragment`id = any(${sql.array(which.ids, 'uuid')})`
        : 'runId' in which
          ? sql.fragment`run_id = ${which.runId}`
          : sql.fragment`gateway = ${which.gateway}`
    }`);
