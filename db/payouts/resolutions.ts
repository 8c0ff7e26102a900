import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { Failure } from '../../domain/errors.ts';
import {
  isOfPart,
  RESOLUTION_OUTCOMES,
  RESOLUTION_STATUSES,
  type ResolutionOutcome,
  taskFor,
  type Undecided,
  whyNotApply,
  whyNotDecideResolution,
  whyNotPropose,
} from '../../domain/payouts/resolution.ts';
import { TASK_KINDS, type TaskKind } from '../../domain/tasks/task.ts';
import { addAuditEntry } from '../people/audit.ts';
import { isDoubtful } from './batch-items.ts';
import { changesRow, type Database } from '../database.ts';
import { getPayout, lockPayout } from './payouts.ts';
import { Currency, Id, Instant } from '../column-types.ts';

const ResolutionRow = z.strictObject({
  id: z.string(),
  payoutId: z.string(),
  attemptId: z.string(),
  taskKind: z.enum(TASK_KINDS),
  outcome: z.enum(RESOLUTION_OUTCOMES),
  /** Of a part that came back: how much of it this decides. */
  minor: z.bigint().nullable(),
  currency: Currency,
  evidence: z.string(),
  reference: z.string().nullable(),
  proposedById: z.string(),
  /** Codes of people. */
  proposedBy: z.string(),
  proposedAt: Instant,
  status: z.enum(RESOLUTION_STATUSES),
  decidedById: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
});
/** What people say became of a payment, from its proposal to the books. */
export type Resolution = z.infer<typeof ResolutionRow>;

const selectResolution = sql.fragment`
  select resolution.id, resolution.payout_id as "payoutId", resolution.attempt_id as "attemptId", task.kind as "taskKind",
    resolution.outcome, resolution.amount_minor as "minor",
    payout.currency, resolution.evidence, resolution.reference, resolution.proposed_by as "proposedById",
    proposer.code as "proposedBy",
    resolution.proposed_at as "proposedAt", resolution.status, resolution.decided_by as "decidedById", decider.code as "decidedBy",
    resolution.decided_at as "decidedAt", resolution.note
  from resolution join task on task.id = resolution.task_id join payout on payout.id = resolution.payout_id
  join actor proposer on proposer.id = resolution.proposed_by left join actor decider on decider.id = resolution.decided_by`;

/** Everything that people proposed and decided about a payout, oldest first. */
export const listResolutions = (db: Database, payoutId: string): Promise<readonly Resolution[]> =>
  db.any(sql.type(ResolutionRow)`${selectResolution} where resolution.payout_id = ${payoutId} order by resolution.id`);

/** What two people decided and the books do not say yet; null where there is nothing. */
export const findConfirmedResolution = (db: Database, payoutId: string): Promise<Resolution | null> =>
  db.maybeOne(sql.type(ResolutionRow)`
    ${selectResolution} where resolution.payout_id = ${payoutId} and resolution.status = 'confirmed'`);

const getResolution = (db: Database, id: string): Promise<Resolution> =>
  db.one(sql.type(ResolutionRow)`${selectResolution} where resolution.id = ${id}`);

const UndecidedRow = z.strictObject({
  state: z.enum(ATTEMPT_STATES).nullable(),
  attempt_id: z.string().nullable(),
  reference: z.string().nullable(),
  is_taken: z.boolean(),
  in_suspense: z.bigint(),
  is_part_decided: z.boolean(),
  is_check_at_bank: z.boolean(),
  has_open: z.boolean(),
  is_payee: z.boolean(),
  due_at: Instant,
});

const TaskRow = z.strictObject({ id: z.string(), kind: z.enum(TASK_KINDS) });

async function readUndecided(db: Database, payoutId: string, actorId: string) {
  const row = await db.one(sql.type(UndecidedRow)`
    select attempt.state, attempt.id as attempt_id, attempt.provider_ref as reference, attempt.debited_minor is not null as is_taken,
      (coalesce(attempt.returned_minor, 0) - decided.minor)::bigint as in_suspense, decided.minor > 0 as is_part_decided,
      case when attempt.check_number is null then false else attempt.step::jsonb ->> 'acknowledgedAt' is not null end as is_check_at_bank,
      exists (select from resolution where payout_id = payout.id and status in ('proposed', 'confirmed')) as has_open,
      exists (select from api_key where actor_id = ${actorId} and partner_id = payout.partner_id) as is_payee, payout.due_at
    from payout
    left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
    cross join lateral (
      select coalesce(sum(amount_minor), 0)::bigint as minor from resolution where attempt_id = attempt.id and status = 'applied'
    ) decided
    where payout.id = ${payoutId}`);
  const openTasks = await db.any(sql.type(TaskRow)`
    select id, kind from task where payout_id = ${payoutId} and closed_at is null order by id`);
  const facts: Undecided = {
    state: row.state,
    openTasks,
    isTaken: row.is_taken,
    isPartDecided: row.is_part_decided,
    isCheckAtBank: row.is_check_at_bank,
    hasOpenResolution: row.has_open,
    isPayee: row.is_payee,
    nextLookAt: row.due_at,
  };
  return { facts, attemptId: row.attempt_id, reference: row.reference, inSuspense: row.in_suspense };
}

export type Proposal = {
  payoutId: string;
  actorId: string;
  outcome: ResolutionOutcome;
  evidence: string;
  reference: string | null;
};

/** Writes down what a person says became of a payment. It moves nothing until another person confirms it. */
export const proposeResolution = (db: DatabasePool, proposal: Proposal): Promise<Resolution> =>
  db.transaction(async (tx) => {
    const { payoutId, actorId, outcome, evidence, reference } = proposal;
    await lockPayout(tx, payoutId);
    const { facts, attemptId, reference: known, inSuspense } = await readUndecided(tx, payoutId, actorId);
    const refusal = whyNotPropose(facts, outcome);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    if (reference !== null && known !== null && reference !== known)
      throw new Failure('invalid_input', `Nothing was recorded: the provider calls this payment ${known}.`, {
        details: [{ field: 'reference', reason: `is not ${known}` }],
      });
    const id = await tx.oneFirst(sql.type(Id)`
      insert into resolution(task_id, payout_id, attempt_id, outcome, amount_minor, evidence, reference, proposed_by)
      values (${taskFor(facts, outcome) ?? null}, ${payoutId}, ${attemptId}, ${outcome},
        ${isOfPart(outcome) ? String(inSuspense) : null}::bigint, ${evidence}, ${reference}, ${actorId})
      returning id`);
    await audit(tx, 'resolution.propose', actorId, { payoutId, id, outcome });
    return getResolution(tx, id);
  });

export type ResolutionDecision = {
  payoutId: string;
  actorId: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
};

/** Confirms or refuses what somebody else proposed. A confirmed one is applied by the payout's next look, which is due now. */
export const decideResolution = (
  db: DatabasePool,
  { payoutId, actorId, decision, note }: ResolutionDecision,
): Promise<Resolution> =>
  db.transaction(async (tx) => {
    await lockPayout(tx, payoutId);
    const resolution = (await listResolutions(tx, payoutId)).at(-1);
    if (!resolution) throw new Failure('resolution_not_open', `Nobody has proposed anything about payout ${payoutId}.`);
    const { facts } = await readUndecided(tx, payoutId, actorId);
    const refusal =
      whyNotDecideResolution(resolution, { id: actorId, isPayee: facts.isPayee }) ??
      (decision === 'confirm' ? whyNotApply(facts, resolution.outcome) : undefined);
    if (refusal) throw new Failure(refusal.code, refusal.message);
    const status = decision === 'confirm' ? 'confirmed' : 'refused';
    await tx.query(sql.unsafe`
      update resolution set status = ${status}, decided_by = ${actorId}, decided_at = now(), note = ${note}
      where id = ${resolution.id}`);
    if (status === 'confirmed') await tx.query(sql.unsafe`update payout set due_at = now() where id = ${payoutId}`);
    await audit(tx, `resolution.${decision}`, actorId, { payoutId, id: resolution.id, outcome: resolution.outcome });
    return getResolution(tx, resolution.id);
  });

const audit = (
  tx: Database,
  action: string,
  actorId: string,
  { payoutId, id, outcome }: { payoutId: string; id: string; outcome: string },
) => addAuditEntry(tx, { actorId, action, subject: `payout/${payoutId}`, detail: { resolution: id, outcome } });

/** The books say now what two people decided. */
export const markResolutionApplied = (db: Database, id: string) =>
  db.query(sql.unsafe`update resolution set status = 'applied', ended_at = now() where id = ${id}`);

/**
 * Ends what was proposed or confirmed about tasks that the provider's own word has answered meanwhile; returns whether two people
 * had already decided one.
 */
export async function overtakeResolutions(
  db: Database,
  payoutId: string,
  kinds: readonly TaskKind[],
): Promise<boolean> {
  const decided = await db.anyFirst(sql.type(z.object({ decided: z.boolean() }))`
    update resolution set status = 'overtaken', ended_at = now()
    from task
    where task.id = resolution.task_id and task.kind = any(${sql.array(kinds, 'text')}) and resolution.payout_id = ${payoutId}
      and resolution.status in ('proposed', 'confirmed')
    returning resolution.decided_by is not null as decided`);
  return decided.includes(true);
}

/** The payouts of a batch about which people have proposed or decided something that the batch's own news answers. */
export const listPayoutsInQuestion = (db: Database, batchId: string): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ id: z.string() }))`
    select resolution.payout_id as id from resolution join payout_attempt attempt on attempt.id = resolution.attempt_id
    where attempt.batch_id = ${batchId} and resolution.status in ('proposed', 'confirmed') and not ${isDoubtful}`);

/** How much of what came back to an attempt people have decided about, in minor units. */
export const sumDecidedParts = (db: Database, attemptId: string): Promise<bigint> =>
  db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from resolution where attempt_id = ${attemptId} and status = 'applied'`);

/**
 * Gives a partner what came back of a payout as a line of its own: of the program that most of the payout came from, and free as
 * soon as the payout's own lines were. Returns whether it was new.
 */
export const insertReturnedFunds = (db: Database, resolutionId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, resolution_id)
    select payout.partner_id, main.program_id, 'returned_funds', payout.currency, resolution.amount_minor, 0, main.available_on,
      resolution.id
    from resolution join payout on payout.id = resolution.payout_id
    cross join lateral (
      select line.program_id, max(line.available_on) as available_on
      from payout_line taken join earning_line line on line.id = taken.earning_line_id
      where taken.payout_id = payout.id group by line.program_id order by sum(line.amount_minor) desc, line.program_id limit 1
    ) main
    where resolution.id = ${resolutionId}`,
  );

/** What starting a payout's workflow needs. */
export const startOfPayout = async (db: Database, payoutId: string) => {
  const { id, runId, partner, method, gateway } = await getPayout(db, payoutId);
  return { id, runId, partnerCode: partner, method, gateway };
};
