import { randomBytes } from 'node:crypto';

import { type CommonQueryMethods, type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';

import { claimSubmit, updateAttempt, submitBatchItems } from '../../db/payouts/attempts.ts';
import { lockBatchItems } from '../../db/payouts/batch-items.ts';
import { claimBatch } from '../../db/payouts/batches.ts';
import { postJournals } from '../../db/books/ledger.ts';
import { getPayout, listPayoutsById, updatePayout, approveRunPayouts } from '../../db/payouts/payouts.ts';
import { insertApproval } from '../../db/runs/approvals.ts';
import { insertOutcomes } from '../../db/runs/outcomes.ts';
import { listRunContent, updateRun } from '../../db/runs/runs.ts';
import { accrualPosting, debitPosting, type Paid, sendPosting } from '../../domain/books/postings.ts';
import { contentHash } from '../../domain/runs/content.ts';

/** Rows of a company's database, written by SQL. Everything that a test is not about has a default. */

const TextId = z.object({ id: z.string() });
const IntId = z.object({ id: z.number() });
const BigId = z.object({ id: z.bigint() });

/** A code that no other row has. */
export const freshCode = (word: string): string => `${word}-${randomBytes(5).toString('hex')}`;

export async function addActor(db: CommonQueryMethods, name = 'somebody'): Promise<string> {
  const code = freshCode(name);
  return db.oneFirst(sql.type(TextId)`insert into actor(code, name) values (${code}, ${name}) returning id`);
}

export type CompanyWish = {
  approvalsRequired?: number;
  zone?: string;
  minimumMinor?: bigint;
  /** The plan's terms. By default every sale earns 10 % without a hold. */
  terms?: object;
};

export const TEN_PERCENT = {
  holdDays: 0,
  rounding: 'half-even',
  incentives: [{ id: 'commission', rule: 'percent', percent: '10' }],
};

export type CompanyRows = Awaited<ReturnType<typeof addCompany>>;

/** A payer with every gateway, a monthly schedule, a program and a plan, and three people. */
export async function addCompany(db: CommonQueryMethods, wish: CompanyWish = {}) {
  const { approvalsRequired = 1, zone = 'UTC', minimumMinor = 0n, terms = TEN_PERCENT } = wish;
  const code = freshCode('acme');
  const payerId = await db.oneFirst(sql.type(IntId)`
    insert into payer(code, name, country, currency) values (${code}, 'Acme Inc', 'US', 'USD') returning id`);
  await db.query(sql.unsafe`
    insert into payer_gateway(payer_id, method, gateway, account_ref, sealed) values
      (${payerId}, 'bank', 'wise', 'Wise', ''), (${payerId}, 'paypal', 'paypal', 'PayPal', '')`);
  const scheduleId = await db.oneFirst(sql.type(IntId)`
    insert into pay_schedule(code, payer_id, frequency, zone, approvals_required)
    values (${code}, ${payerId}, 'monthly', ${zone}, ${approvalsRequired}) returning id`);
  await db.query(sql.unsafe`
    insert into pay_schedule_minimum(schedule_id, currency, minimum_minor) values (${scheduleId}, 'USD', ${minimumMinor})`);
  const programId = await db.oneFirst(sql.type(IntId)`
    insert into program(code, schedule_id, name) values (${code}, ${scheduleId}, 'Resale') returning id`);
  const planId = await db.oneFirst(sql.type(IntId)`
    insert into plan(program_id, code) values (${programId}, 'standard') returning id`);
  const planVersionId = await db.oneFirst(sql.type(IntId)`
    insert into plan_version(plan_id, version, effective_from, terms)
    values (${planId}, 1, '2020-01-01', ${JSON.stringify(terms)}::jsonb) returning id`);
  return {
    code,
    payerId,
    scheduleId,
    programId,
    planId,
    planVersionId,
    preparer: await addActor(db, 'paula'),
    approver: await addActor(db, 'anna'),
    otherApprover: await addActor(db, 'otto'),
  };
}

export type PartnerRows = Awaited<ReturnType<typeof addPartner>>;

/** A partner with an agreement and, unless null, an instrument. */
export async function addPartner(
  db: CommonQueryMethods,
  { programId, planId }: CompanyRows,
  method: 'bank' | 'paypal' | 'check' | null = 'bank',
) {
  const code = freshCode('partner');
  const id = await db.oneFirst(sql.type(BigId)`
    insert into partner(code, name, kind, country) values (${code}, 'Some Partner', 'reseller', 'US') returning id`);
  await db.query(sql.unsafe`
    insert into agreement(partner_id, program_id, plan_id, starts_on) values (${id}, ${programId}, ${planId}, '2020-01-01')`);
  const instrumentId = method === null ? null : await addInstrument(db, id, { method });
  return { id, code, method, instrumentId };
}

export type InstrumentWish = {
  method?: string;
  createdBy?: string | null;
  approvedBy?: string | null;
  usableInDays?: number;
};

export const addInstrument = (
  db: CommonQueryMethods,
  partnerId: bigint,
  { method = 'bank', createdBy = null, approvedBy = null, usableInDays = 0 }: InstrumentWish = {},
): Promise<string> =>
  db.oneFirst(sql.type(TextId)`
    insert into instrument_version(partner_id, method, country, sealed, key_id, fingerprint, last4, created_by, approved_by, usable_from)
    values (${partnerId}, ${method}, 'US', '', 'test', ${sql.binary(randomBytes(32))}, '6789', ${createdBy}, ${approvedBy},
      now() + ${usableInDays} * interval '1 day')
    returning id`);

export type EventWish = {
  id?: string;
  kind?: string;
  minor?: bigint | null;
  currency?: string;
  refundOf?: string | null;
  occurredAt?: string;
};

export const SOURCE = 'shop';

/** A due event. Returns its source id. */
export async function addEvent(
  db: CommonQueryMethods,
  { programId }: CompanyRows,
  { id: partnerId }: PartnerRows,
  wish: EventWish = {},
): Promise<string> {
  const { id = freshCode('sale'), refundOf = null, minor = 10_000n, currency = 'USD' } = wish;
  const { kind = refundOf === null ? 'sale' : 'refund', occurredAt = '2026-01-10T12:00:00Z' } = wish;
  await db.query(sql.unsafe`
    insert into event(source, source_id, partner_id, program_id, kind, currency, amount_minor, refund_of, occurred_at, payload_hash)
    values (${SOURCE}, ${id}, ${partnerId}, ${programId}, ${kind}, ${minor === null ? null : currency}, ${minor}, ${refundOf},
      ${occurredAt}, ${sql.binary(randomBytes(32))})`);
  await db.query(sql.unsafe`
    insert into event_due(source, source_id, program_id, occurred_at) values (${SOURCE}, ${id}, ${programId}, ${occurredAt})`);
  return id;
}

/** A line with its only earning and journal. The event of the earning is already counted. */
export async function addLine(
  db: CommonQueryMethods,
  company: CompanyRows,
  partner: PartnerRows,
  { minor = 1000n, currency = 'USD' as const, availableOn = '2026-01-15' } = {},
): Promise<bigint> {
  const { programId, planVersionId } = company;
  const event = await addEvent(db, company, partner, { currency });
  await db.query(sql.unsafe`delete from event_due where source = ${SOURCE} and source_id = ${event}`);
  const batchId = await db.oneFirst(sql.type(BigId)`
    insert into accrual_batch(program_id, event_count) values (${programId}, 1) returning id`);
  const id = await db.oneFirst(sql.type(BigId)`
    insert into earning_line(partner_id, program_id, kind, batch_id, currency, amount_minor, earning_count, available_on)
    values (${partner.id}, ${programId}, 'earned', ${batchId}, ${currency}, ${minor}, 1, ${availableOn}) returning id`);
  await db.query(sql.unsafe`
    insert into earning(source, source_id, incentive_id, partner_id, program_id, plan_version_id, batch_id, earning_line_id, currency,
      amount_minor, basis_minor, available_on, explanation)
    values (${SOURCE}, ${event}, 'commission', ${partner.id}, ${programId}, ${planVersionId}, ${batchId}, ${id}, ${currency}, ${minor},
      10000, ${availableOn}, '{}')`);
  const line = { id, partnerId: partner.id, programId, currency, minor, bookedAt: new Date() };
  await db.transaction((tx) => postJournals(tx, [accrualPosting(line)]));
  return id;
}

export type RunWish = {
  kind?: 'scheduled' | 'on_demand';
  periodStart?: string;
  periodEnd?: string;
  redo?: number;
  preparerId?: string | null;
};

/** A run in preparation. By default the company's preparer asked for it. */
export function addRun(db: CommonQueryMethods, company: CompanyRows, wish: RunWish = {}): Promise<string> {
  const { kind = 'on_demand', periodStart = '2026-01-01', periodEnd = '2026-02-01', redo = 0 } = wish;
  const { preparerId = company.preparer } = wish;
  return db.oneFirst(sql.type(TextId)`
    insert into payout_run(id, schedule_id, kind, period_start, period_end, redo, cutoff_at, pay_on, preparer_id, due_at)
    values (uuidv7(), ${company.scheduleId}, ${kind}, ${periodStart}, ${periodEnd}, ${redo}, '2026-02-01', '2026-02-02', ${preparerId},
      now() + interval '1 day')
    returning id`);
}

const GATEWAY_OF = { bank: 'wise', paypal: 'paypal', check: 'printed-check' } as const;

export type PayoutWish = { grossMinor?: bigint; withheldMinor?: bigint; feeMinor?: bigint; netMinor?: bigint };

/** A draft payout of these lines. */
export async function addPayout(
  db: CommonQueryMethods,
  runId: string,
  partner: PartnerRows,
  lineIds: readonly bigint[],
  wish: PayoutWish = {},
): Promise<string> {
  const lines = sql.array(lineIds.map(String), 'int8');
  const { grossMinor = await sumOfLines(db, lineIds), withheldMinor = 0n, feeMinor = 0n } = wish;
  const { netMinor = grossMinor - withheldMinor - feeMinor } = wish;
  return db.transaction(async (tx) => {
    const id = await tx.oneFirst(sql.type(TextId)`
      insert into payout(id, run_id, partner_id, currency, method, gateway, gross_minor, withheld_minor, fee_minor, net_minor,
        instrument_version_id, due_at)
      values (uuidv7(), ${runId}, ${partner.id}, 'USD', ${partner.method}, ${partner.method && GATEWAY_OF[partner.method]},
        ${grossMinor}, ${withheldMinor}, ${feeMinor}, ${netMinor}, ${partner.instrumentId}, now() + interval '1 day')
      returning id`);
    await tx.query(sql.unsafe`
      insert into payout_line(payout_id, earning_line_id, partner_id, currency, amount_minor)
      select ${id}, id, partner_id, currency, amount_minor from earning_line where id = any(${lines})`);
    return id;
  });
}

const sumOfLines = (db: CommonQueryMethods, lineIds: readonly bigint[]): Promise<bigint> =>
  db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning_line where id = any(${sql.array(lineIds.map(String), 'int8')})`);

/** Ends a run's preparation: it has outcomes and a content hash, and waits for a decision. */
export async function putInReview(db: CommonQueryMethods, runId: string): Promise<void> {
  const content = await listRunContent(db, runId);
  const outcomes = content.map(({ id, partnerId, currency, grossMinor }) => ({
    partnerId,
    currency,
    outcome: 'paid',
    payableMinor: grossMinor,
    reasons: [],
    payoutId: id,
  }));
  await insertOutcomes(db, runId, outcomes);
  await updateRun(db, runId, { status: 'review', contentHash: contentHash(content), reviewStarts: true });
}

/** Approves the current content of a run. */
export async function approve(db: CommonQueryMethods, runId: string, by: string): Promise<void> {
  const hash = contentHash(await listRunContent(db, runId));
  await insertApproval(db, runId, hash, { by, decision: 'approve', contentHash: hash.toString('hex'), noteId: null });
}

/** A run that is being paid, with this many payouts whose provider was not asked yet. */
export async function addPayingRun(db: CommonQueryMethods, method: 'bank' | 'paypal', count: number) {
  const company = await addCompany(db);
  const runId = await addRun(db, company);
  const payoutIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const partner = await addPartner(db, company, method);
    payoutIds.push(await addPayout(db, runId, partner, [await addLine(db, company, partner)]));
  }
  await disburse(db, runId, company.approver);
  return { runId, payoutIds };
}

/** Approves a run as one person and begins to pay it, so that its payouts execute. */
export async function disburse(db: CommonQueryMethods, runId: string, approver: string): Promise<void> {
  await putInReview(db, runId);
  await approve(db, runId, approver);
  await updateRun(db, runId, { status: 'approved' });
  await approveRunPayouts(db, runId);
  await updateRun(db, runId, { status: 'disbursing' });
  await db.query(sql.unsafe`update payout set status = 'executing' where run_id = ${runId}`);
}

export type AttemptWish = {
  attemptNo?: number;
  providerKey?: string;
  minor?: bigint;
  gateway?: string;
  currency?: string;
  batchId?: string;
};

export async function addAttempt(db: CommonQueryMethods, payoutId: string, wish: AttemptWish = {}): Promise<string> {
  const payout = await getPayout(db, payoutId);
  const { attemptNo = 1, minor = payout.net, gateway = payout.gateway, currency = payout.currency } = wish;
  const { providerKey = freshCode('key'), batchId = null } = wish;
  return db.oneFirst(sql.type(TextId)`
    insert into payout_attempt(payout_id, attempt_no, gateway, provider_key, currency, amount_minor, request_sealed, request_hash, batch_id)
    values (${payoutId}, ${attemptNo}, ${gateway}, ${providerKey}, ${currency}, ${minor}, '', '', ${batchId}) returning id`);
}

export type BatchWish = { totalMinor?: bigint; itemCount?: number; gateway?: string; number?: number };

/** A batch of these executing payouts, and their attempts. */
export const addBatch = (
  db: CommonQueryMethods,
  runId: string,
  payoutIds: readonly string[],
  wish: BatchWish = {},
): Promise<{ id: string; attemptIds: readonly string[] }> =>
  db.transaction(async (tx) => {
    const payouts = await listPayoutsById(tx, payoutIds);
    const { totalMinor = payouts.reduce((sum, { net }) => sum + net, 0n), itemCount = payouts.length } = wish;
    const { gateway = payouts[0]?.gateway ?? 'wise', number = 1 } = wish;
    const id = await tx.oneFirst(sql.type(TextId)`
      insert into provider_batch(id, run_id, gateway, currency, number, item_count, total_minor, provider_key, request_sealed, request_hash)
      values (uuidv7(), ${runId}, ${gateway}, 'USD', ${number}, ${itemCount}, ${totalMinor}, ${freshCode('batch')}, '', '') returning id`);
    const attemptIds: string[] = [];
    for (const payoutId of payoutIds) attemptIds.push(await addAttempt(tx, payoutId, { batchId: id }));
    return { id, attemptIds };
  });

/** Submits a batch with its attempts and their journals. */
export const sendBatch = (db: CommonQueryMethods, id: string): Promise<void> =>
  db.transaction(async (tx) => {
    await claimBatch(tx, id);
    const items = await lockBatchItems(tx, id);
    await submitBatchItems(tx, id);
    await postJournals(
      tx,
      items.map((paid) => sendPosting(paid, new Date())),
    );
  });

const paidBy = async (db: CommonQueryMethods, payoutId: string, attemptId: string): Promise<Paid> => ({
  ...(await getPayout(db, payoutId)),
  attemptId,
});

/** A submitted attempt, with its journal. */
export const sendPayout = (db: CommonQueryMethods, payoutId: string): Promise<string> =>
  db.transaction(async (tx) => {
    const attemptId = await addAttempt(tx, payoutId);
    await claimSubmit(tx, attemptId, 0);
    await postJournals(tx, [sendPosting(await paidBy(tx, payoutId, attemptId), new Date())]);
    return attemptId;
  });

/** A payout whose provider took the money and settled it. */
export async function settlePayout(db: CommonQueryMethods, payoutId: string): Promise<string> {
  const attemptId = await sendPayout(db, payoutId);
  await db.transaction(async (tx) => {
    const paid = await paidBy(tx, payoutId, attemptId);
    const debited = { minor: paid.net, feeMinor: 31n };
    const said = {
      word: 'paid',
      reason: null,
      reference: freshCode('reference'),
      evidence: {},
      debited,
      returnedMinor: null,
    };
    await updateAttempt(tx, attemptId, { state: 'settled', ...said });
    await postJournals(tx, [debitPosting(paid, debited.feeMinor, new Date())]);
    await updatePayout(tx, payoutId, 'settled', null);
  });
  return attemptId;
}

/** The database's full reason for refusing the statements, or `accepted`. */
export async function refusalOf(tried: Promise<unknown>): Promise<string> {
  try {
    await tried;
    return 'accepted';
  } catch (error) {
    return wordsOf(error);
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? [error.message, wordsOf(error.cause)].join(' ') : '';

/** Runs everything in one transaction, in case a later statement hides an earlier one. */
export const tryAll = (db: CommonQueryMethods, statements: readonly QuerySqlToken[]): Promise<string> =>
  refusalOf(
    db.transaction(async (tx) => {
      for (const statement of statements) await tx.query(statement);
    }),
  );
