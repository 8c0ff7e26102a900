import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES, type AttemptState } from '../../domain/payouts/attempt.ts';
import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { changesRow, type Database } from '../database.ts';
import { Bytes, Count, Currency, Hex, Instant } from '../column-types.ts';

const AttemptRow = z.strictObject({
  id: z.string(),
  payoutId: z.string(),
  /** The batch that asks for it. Null for a payment that is asked for on its own. */
  batchId: z.string().nullable(),
  attemptNo: z.number(),
  gateway: z.enum(GATEWAYS),
  providerKey: z.string(),
  providerRef: z.string().nullable(),
  currency: Currency,
  minor: z.bigint(),
  checkNumber: z.bigint().nullable(),
  requestSealed: Bytes,
  /** Hex of the SHA-256 over the exact bytes. */
  requestHash: Hex,
  step: z.string().nullable(),
  state: z.enum(ATTEMPT_STATES),
  word: z.string().nullable(),
  reason: z.string().nullable(),
  debitedMinor: z.bigint().nullable(),
  debitFeeMinor: z.bigint().nullable(),
  /** The currency of the fee. Null where it is the payment's. */
  debitFeeCurrency: Currency.nullable(),
  returnedMinor: z.bigint().nullable(),
  submittedAt: Instant.nullable(),
  submitDeadlineAt: Instant.nullable(),
  /** Counts the callers who took the right to ask. */
  callNo: z.number(),
  /** When a reply of its provider was last recorded. */
  answeredAt: Instant.nullable(),
  stateAt: Instant,
  /** The last decision of people about it. */
  resolutionId: z.string().nullable(),
  createdAt: Instant,
  /** The database's clock at the time of the read. */
  readAt: Instant,
});
/** One attempt to pay a payout through one gateway. */
export type Attempt = z.infer<typeof AttemptRow>;

const attemptColumns = sql.fragment`
  id, payout_id as "payoutId", batch_id as "batchId", attempt_no as "attemptNo", gateway, provider_key as "providerKey",
    provider_ref as "providerRef", currency, amount_minor as "minor", check_number as "checkNumber",
    request_sealed as "requestSealed", request_hash as "requestHash", step, state, word, reason,
    debited_minor as "debitedMinor", debit_fee_minor as "debitFeeMinor", debit_fee_currency as "debitFeeCurrency",
    returned_minor as "returnedMinor",
    submitted_at as "submittedAt", submit_deadline_at as "submitDeadlineAt", call_no as "callNo", answered_at as "answeredAt",
    state_at as "stateAt", resolution_id as "resolutionId", created_at as "createdAt", clock_timestamp() as "readAt"`;
const selectAttempt = sql.fragment`select ${attemptColumns} from payout_attempt`;

/** The attempt that can pay, or that paid. */
export const findLiveAttempt = (db: Database, payoutId: string): Promise<Attempt | null> =>
  db.maybeOne(sql.type(AttemptRow)`${selectAttempt} where payout_id = ${payoutId} and state <> 'failed'`);

/** The last attempt that people declared unpaid, where its provider can be asked about it. */
export const findDeniedAttempt = (db: Database, payoutId: string): Promise<Attempt | null> =>
  db.maybeOne(sql.type(AttemptRow)`
    ${selectAttempt}
    where payout_id = ${payoutId} and state = 'failed' and resolution_id is not null and provider_ref is not null
    order by attempt_no desc limit 1`);

export const listAttempts = (db: Database, payoutId: string): Promise<readonly Attempt[]> =>
  db.any(sql.type(AttemptRow)`${selectAttempt} where payout_id = ${payoutId} order by attempt_no`);

export type NewAttempt = {
  id: string;
  payoutId: string;
  batchId: string | null;
  attemptNo: number;
  gateway: GatewayName;
  providerKey: string;
  currency: string;
  minor: bigint;
  checkNumber: bigint | null;
  requestSealed: Uint8Array;
  requestHash: Uint8Array;
};

/** Records the requests before any provider is asked. */
export const insertAttempts = (db: Database, attempts: readonly NewAttempt[]) =>
  db.query(sql.unsafe`
    insert into payout_attempt(id, payout_id, batch_id, attempt_no, gateway, provider_key, currency, amount_minor, check_number,
      request_sealed, request_hash)
    select * from ${sql.unnest(
      attempts.map((attempt) => [
        attempt.id,
        attempt.payoutId,
        attempt.batchId,
        attempt.attemptNo,
        attempt.gateway,
        attempt.providerKey,
        attempt.currency,
        String(attempt.minor),
        attempt.checkNumber === null ? null : String(attempt.checkNumber),
        Buffer.from(attempt.requestSealed),
        Buffer.from(attempt.requestHash),
      ]),
      ['uuid', 'uuid', 'uuid', 'int2', 'text', 'text', 'text', 'int8', 'int8', 'bytea', 'bytea'],
    )}`);

const CountRow = z.strictObject({ payoutId: z.string(), count: Count });

/** How many attempts each of these payouts has had. A payout without an attempt is left out. */
export async function countAttempts(db: Database, payoutIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.any(sql.type(CountRow)`
    select payout_id as "payoutId", count(*) as count from payout_attempt
    where payout_id = any(${sql.array(payoutIds, 'uuid')}) group by payout_id`);
  return new Map(rows.map(({ payoutId, count }) => [payoutId, count]));
}

/** The attempts of a batch that can pay, in the order of their payouts. */
export const listBatchAttempts = (db: Database, batchId: string): Promise<readonly Attempt[]> =>
  db.any(sql.type(AttemptRow)`${selectAttempt} where batch_id = ${batchId} and state <> 'failed' order by payout_id`);

/**
 * Takes the right to ask the provider. One caller only gets the attempt, the others null. Once this is committed, the provider may have been asked. Until
 * the deadline nobody else resolves the attempt. The amount that the partner is owed now is kept as proof.
 */
export const claimSubmit = (db: Database, id: string, owedMinor: bigint, deadlineMs: number): Promise<Attempt | null> =>
  db.maybeOne(sql.type(AttemptRow)`
    update payout_attempt set state = 'submitted', submitted_at = now(), owed_minor = ${String(owedMinor)}::bigint, call_no = call_no + 1,
      submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond'
    where id = ${id} and state = 'prepared' returning ${attemptColumns}`);

/**
 * Takes the right to resolve an unclear outcome, once no other call can be under way. One caller only gets the attempt, with all that
 * earlier callers learned, and the others null.
 */
export const claimResolve = (db: Database, id: string, deadlineMs: number): Promise<Attempt | null> =>
  db.maybeOne(sql.type(AttemptRow)`
    update payout_attempt set call_no = call_no + 1, submit_deadline_at = clock_timestamp() + ${deadlineMs} * interval '1 millisecond'
    where id = ${id} and state in ('submitted', 'unknown') and submit_deadline_at <= clock_timestamp()
    returning ${attemptColumns}`);

/** One caller's right to ask for an attempt. It is over once another caller has taken it. */
export type Call = Pick<Attempt, 'id' | 'callNo'>;

/** Says that this call has ended, so that others may resolve the attempt from now on. */
export const closeCall = (db: Database, { id, callNo }: Call) =>
  db.query(
    sql.unsafe`update payout_attempt set submit_deadline_at = clock_timestamp() where id = ${id} and call_no = ${callNo}`,
  );

/**
 * Records the progress of a call that has several parts. A reference never changes once it is known. Returns false, and records nothing,
 * where another caller has taken over.
 */
export const saveStep = (
  db: Database,
  { id, callNo }: Call,
  step: string,
  reference: string | null,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update payout_attempt set step = ${step}, provider_ref = coalesce(provider_ref, ${reference})
    where id = ${id} and call_no = ${callNo}`,
  );

export type AttemptChange = {
  state: AttemptState;
  word: string;
  reason: string | null;
  reference: string | null;
  evidence: Readonly<Record<string, string | number | null>>;
  debited: { minor: bigint; feeMinor: bigint; feeCurrency: string | null } | null;
  returnedMinor: bigint | null;
  /** The decision of two people (`resolution.id`). Null where the provider said it. */
  resolutionId?: string | null;
};

/**
 * Records what a provider said, or what two people decided. The database keeps the history, and refuses a step that its table of edges
 * forbids.
 */
export const updateAttempt = (db: Database, id: string, change: AttemptChange) =>
  db.query(sql.unsafe`
    update payout_attempt set state = ${change.state}, word = ${change.word}, reason = coalesce(${change.reason}, reason),
      provider_ref = coalesce(provider_ref, ${change.reference}), evidence = ${sql.jsonb(change.evidence)},
      debited_minor = coalesce(debited_minor, ${change.debited ? String(change.debited.minor) : null}::bigint),
      debit_fee_minor = coalesce(debit_fee_minor, ${change.debited ? String(change.debited.feeMinor) : null}::bigint),
      debit_fee_currency = coalesce(debit_fee_currency, ${change.debited?.feeCurrency ?? null}),
      returned_minor = coalesce(${change.returnedMinor === null ? null : String(change.returnedMinor)}::bigint, returned_minor),
      booked_at = case when ${change.debited !== null || change.returnedMinor !== null} then now() else booked_at end,
      resolution_id = coalesce(${change.resolutionId ?? null}::uuid, resolution_id),
      answered_at = case when ${change.resolutionId ?? null}::uuid is null then clock_timestamp() else answered_at end
    where id = ${id}`);

const HistoryRow = z.strictObject({
  word: z.string().nullable(),
  reason: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
  at: Instant,
  attemptNo: z.number(),
  from: z.enum(ATTEMPT_STATES).nullable(),
  to: z.enum(ATTEMPT_STATES),
  saidBy: z.enum(['us', 'provider', 'people']).nullable(),
  resolutionId: z.string().nullable(),
});

/** Everything that happened to a payout's attempts, oldest first. */
export const listAttemptHistory = (db: Database, payoutId: string): Promise<readonly z.infer<typeof HistoryRow>[]> =>
  db.any(sql.type(HistoryRow)`
    select attempt.attempt_no as "attemptNo", history.from_state as "from", history.to_state as "to",
      history.word, history.reason, history.evidence, history.said_by as "saidBy",
      history.resolution_id as "resolutionId", history.at
    from attempt_history history join payout_attempt attempt on attempt.id = history.attempt_id
    where attempt.payout_id = ${payoutId} order by history.id`);

/**
 * Marks the payments of a batch as submitted, with the amounts that their partners are owed now. From here on the provider may have
 * been asked for each of them.
 */
export const submitBatchItems = (db: Database, batchId: string, owed: ReadonlyMap<string, bigint>) =>
  db.query(sql.unsafe`
    update payout_attempt attempt set state = 'submitted', submitted_at = now(), owed_minor = item.owed_minor
    from ${sql.unnest(
      [...owed].map(([payoutId, minor]) => [payoutId, String(minor)]),
      ['uuid', 'int8'],
    )} as item(payout_id, owed_minor)
    where attempt.batch_id = ${batchId} and attempt.payout_id = item.payout_id and attempt.state = 'prepared'`);

/** Ends attempts for which no provider was asked: one of a payout that is asked for alone, or all of a batch. */
export const dropAttempts = (db: Database, which: { payoutId: string } | { batchId: string }, reason: string) =>
  db.query(sql.unsafe`
    update payout_attempt set state = 'failed', reason = ${reason}
    where state = 'prepared' and ${
      'batchId' in which ? sql.fragment`batch_id = ${which.batchId}` : sql.fragment`payout_id = ${which.payoutId}`
    }`);

/** Records what the provider said about a whole batch on each payment that has no reply of its own yet. */
export const moveBatchItems = (
  db: Database,
  batchId: string,
  { state, word, reason }: { state: AttemptState; word: string; reason: string | null },
) =>
  db.query(sql.unsafe`
    update payout_attempt set state = ${state}, word = ${word}, reason = coalesce(${reason}, reason),
      evidence = jsonb_build_object('batch', batch_id), answered_at = clock_timestamp()
    where batch_id = ${batchId} and state in ('submitted', 'unknown') and state <> ${state}`);

export type FailedItem = { attemptId: string; word: string; reason: string };

/** Fails payments of a batch after it is proved that they moved nothing. */
export const failBatchItems = (db: Database, items: readonly FailedItem[]) =>
  db.query(sql.unsafe`
    update payout_attempt attempt set state = 'failed', word = item.word, reason = item.reason, answered_at = clock_timestamp()
    from ${sql.unnest(
      items.map(({ attemptId, word, reason }) => [attemptId, word, reason]),
      ['uuid', 'text', 'text'],
    )} as item(id, word, reason)
    where attempt.id = item.id`);

export type ItemReference = { key: string; reference: string; step: string };

/** Records the reference by which each payment of a batch is followed. A reference never changes once it is known. */
export const saveItemReferences = (db: Database, batchId: string, items: readonly ItemReference[]) =>
  db.query(sql.unsafe`
    update payout_attempt attempt set provider_ref = item.reference, step = item.step
    from ${sql.unnest(
      items.map(({ key, reference, step }) => [key, reference, step]),
      ['text', 'text', 'text'],
    )} as item(key, reference, step)
    where attempt.batch_id = ${batchId} and attempt.provider_key = item.key and attempt.provider_ref is null`);
