import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import {
  RESOLUTION_OUTCOMES,
  RESOLUTION_STATUSES,
  type ResolutionOutcome,
  type Undecided,
} from '../../domain/payouts/resolution.ts';
import { TASK_KINDS, type TaskKind } from '../../domain/tasks/task.ts';
import { isDoubtful } from './batch-items.ts';
import type { Database } from '../database.ts';
import { Currency, Id, Instant } from '../column-types.ts';

const ResolutionRow = z.strictObject({
  id: z.string(),
  payoutId: z.string(),
  attemptId: z.string(),
  taskKind: z.enum(TASK_KINDS),
  outcome: z.enum(RESOLUTION_OUTCOMES),
  /** The amount that this decides, of a part that came back. */
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
/** The outcome of a payment as people state it, from the proposal to the books. */
export type Resolution = z.infer<typeof ResolutionRow>;

const selectResolution = sql.fragment`
  select resolution.id, resolution.payout_id as "payoutId", resolution.attempt_id as "attemptId", task.kind as "taskKind",
    resolution.outcome, resolution.amount_minor as "minor", payout.currency, resolution.evidence, resolution.reference,
    resolution.proposed_by as "proposedById", proposer.code as "proposedBy", resolution.proposed_at as "proposedAt",
    resolution.status, resolution.decided_by as "decidedById", decider.code as "decidedBy",
    resolution.decided_at as "decidedAt", resolution.note
  from resolution join task on task.id = resolution.task_id join payout on payout.id = resolution.payout_id
  join actor proposer on proposer.id = resolution.proposed_by left join actor decider on decider.id = resolution.decided_by`;

/** Everything that people proposed and decided about a payout, oldest first. */
export const listResolutions = (db: Database, payoutId: string): Promise<readonly Resolution[]> =>
  db.any(sql.type(ResolutionRow)`${selectResolution} where resolution.payout_id = ${payoutId} order by resolution.id`);

/** The confirmed decision that is not in the books yet, or null. */
export const findConfirmedResolution = (db: Database, payoutId: string): Promise<Resolution | null> =>
  db.maybeOne(sql.type(ResolutionRow)`
    ${selectResolution} where resolution.payout_id = ${payoutId} and resolution.status = 'confirmed'`);

export const getResolution = (db: Database, id: string): Promise<Resolution> =>
  db.one(sql.type(ResolutionRow)`${selectResolution} where resolution.id = ${id}`);

const UndecidedRow = z.strictObject({
  state: z.enum(ATTEMPT_STATES).nullable(),
  attemptId: z.string().nullable(),
  reference: z.string().nullable(),
  isTaken: z.boolean(),
  inSuspense: z.bigint(),
  isPartDecided: z.boolean(),
  isCheckAtBank: z.boolean(),
  hasOpenResolution: z.boolean(),
  isPayee: z.boolean(),
  giver: z.string().nullable(),
  nextLookAt: Instant,
});

const TaskRow = z.strictObject({ id: z.string(), kind: z.enum(TASK_KINDS) });

export type UndecidedPayout = Undecided & {
  /** The code of the person who proposed an outcome and gave this person the role approver, if there is such a person. */
  giver: string | null;
  attemptId: string | null;
  reference: string | null;
  inSuspense: bigint;
};

/** The facts about a payout for a person who wants to state its outcome, and whether it pays them. */
export async function readUndecided(db: Database, payoutId: string, actorId: string): Promise<UndecidedPayout> {
  const facts = await db.one(sql.type(UndecidedRow)`
    select attempt.state, attempt.id as "attemptId", attempt.provider_ref as reference,
      attempt.debited_minor is not null as "isTaken",
      (coalesce(attempt.returned_minor, 0) - decided.minor)::bigint as "inSuspense", decided.minor > 0 as "isPartDecided",
      case when attempt.check_number is null then false
        else attempt.step::jsonb ->> 'acknowledgedAt' is not null end as "isCheckAtBank",
      exists (select from resolution where payout_id = payout.id and status in ('proposed', 'confirmed')) as "hasOpenResolution",
      payout.partner_id in (select partner_id from partners_of(${actorId})) as "isPayee",
      (select actor.code from resolution open join actor on actor.id = open.proposed_by
       where open.payout_id = payout.id and open.status = 'proposed' and gave_role(actor.id, ${actorId}, 'approver') limit 1) as giver,
      payout.due_at as "nextLookAt"
    from payout
    left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
    cross join lateral (
      select coalesce(sum(amount_minor), 0)::bigint as minor from resolution where attempt_id = attempt.id and status = 'applied'
    ) decided
    where payout.id = ${payoutId}`);
  const openTasks = await db.any(sql.type(TaskRow)`
    select id, kind from task where payout_id = ${payoutId} and closed_at is null order by id`);
  return { ...facts, openTasks };
}

export type NewResolution = {
  taskId: string | null;
  payoutId: string;
  attemptId: string | null;
  outcome: ResolutionOutcome;
  /** The amount that this decides, of a part that came back. */
  minor: bigint | null;
  evidence: string;
  reference: string | null;
  proposedBy: string;
  signatureId?: string | null;
};

/** Records what a person says happened to a payment, and returns the id of the row. */
export const insertResolution = (db: Database, resolution: NewResolution): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into resolution(task_id, payout_id, attempt_id, outcome, amount_minor, evidence, reference, proposed_by,
      proposal_signature_id)
    values (${resolution.taskId}, ${resolution.payoutId}, ${resolution.attemptId}, ${resolution.outcome},
      ${resolution.minor === null ? null : String(resolution.minor)}::bigint, ${resolution.evidence}, ${resolution.reference},
      ${resolution.proposedBy}, ${resolution.signatureId ?? null})
    returning id`);

export type ResolutionVerdict = {
  status: 'confirmed' | 'refused';
  by: string;
  note: string | null;
  signatureId: string | null;
};

/** Records what another person decided about a proposal. */
export const recordVerdict = (db: Database, id: string, { status, by, note, signatureId }: ResolutionVerdict) =>
  db.query(sql.unsafe`
    update resolution set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

/** Says that the decision of two people is in the books now. */
export const markResolutionApplied = (db: Database, id: string) =>
  db.query(sql.unsafe`update resolution set status = 'applied', ended_at = now() where id = ${id}`);

/**
 * Ends proposals and decisions about tasks that the provider's own reply has answered meanwhile. Returns whether two people had
 * already decided one of them.
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

/** The payouts of a batch about which people have proposed or decided something that the batch's own reply answers. */
export const listPayoutsInQuestion = (db: Database, batchId: string): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ id: z.string() }))`
    select resolution.payout_id as id from resolution join payout_attempt attempt on attempt.id = resolution.attempt_id
    where attempt.batch_id = ${batchId} and resolution.status in ('proposed', 'confirmed') and not ${isDoubtful}`);

/** The part of an attempt's returned money that people have decided about, in minor units. */
export const sumDecidedParts = (db: Database, attemptId: string): Promise<bigint> =>
  db.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from resolution where attempt_id = ${attemptId} and status = 'applied'`);
