import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { LOSS_STATUSES } from '../../domain/people/loss.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const LossRow = z.strictObject({
  id: z.string(),
  actorId: z.string(),
  /** The code of the person who lost their passkey. */
  actor: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  reason: z.string(),
  needsTwo: z.boolean(),
  status: z.enum(LOSS_STATUSES),
  proposedById: z.string(),
  proposedBy: z.string(),
  proposedAt: Instant,
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
});
/** A passkey that was reported as lost. */
export type Loss = z.infer<typeof LossRow>;

const selectLoss = sql.fragment`
  select loss.id, loss.actor_id as "actorId", actor.code as actor, actor.name, actor.email, loss.reason, loss.needs_two as "needsTwo",
    loss.status, loss.proposed_by as "proposedById", proposer.code as "proposedBy", loss.proposed_at as "proposedAt",
    decider.code as "decidedBy", loss.decided_at as "decidedAt", loss.note
  from passkey_loss loss join actor on actor.id = loss.actor_id join actor proposer on proposer.id = loss.proposed_by
  left join actor decider on decider.id = loss.decided_by`;

export type NewLoss = {
  actorId: string;
  reason: string;
  needsTwo: boolean;
  by: string;
  signatureId: string | null;
};

/** Writes that a person lost their passkey. Null if somebody reported it already, and nobody decided. */
export const insertLoss = (
  db: Database,
  { actorId, reason, needsTwo, by, signatureId }: NewLoss,
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into passkey_loss(actor_id, reason, needs_two, status, proposed_by, proposal_signature_id)
    values (${actorId}, ${reason}, ${needsTwo}, ${needsTwo ? 'proposed' : 'confirmed'}, ${by}, ${signatureId})
    on conflict do nothing returning id`);

export async function getLoss(db: Database, id: string): Promise<Loss> {
  const loss = await db.maybeOne(sql.type(LossRow)`${selectLoss} where loss.id = ${id}`);
  if (!loss) throw new Failure('not_found', `There is no lost passkey ${id}.`);
  return loss;
}

/** Reads and locks a report for this transaction. */
export async function lockLoss(db: Database, id: string): Promise<Loss> {
  await db.query(sql.unsafe`select from passkey_loss where id = ${id} for update`);
  return getLoss(db, id);
}

/** The reports about a person, newest first. */
export const listLosses = (db: Database, actorId: string, limit: number): Promise<readonly Loss[]> =>
  db.any(sql.type(LossRow)`${selectLoss} where loss.actor_id = ${actorId} order by loss.id desc limit ${limit}`);

export type LossVerdict = {
  status: 'confirmed' | 'refused';
  by: string;
  note: string | null;
  signatureId: string | null;
};

export const recordLossVerdict = (db: Database, id: string, { status, by, note, signatureId }: LossVerdict) =>
  db.query(sql.unsafe`
    update passkey_loss set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

const NamesakeRow = z.object({ isNamesake: z.boolean() });

/** Whether a person has the name of the one who lost their passkey, or of the one who reported it. */
export const isNamesakeIn = (db: Database, id: string, actorId: string): Promise<boolean> =>
  db.oneFirst(sql.type(NamesakeRow)`
    select exists (
      select from passkey_loss loss join actor other on other.id in (loss.actor_id, loss.proposed_by)
      join actor self on self.id = ${actorId}
      where loss.id = ${id} and other.id <> self.id and lower(trim(other.name)) = lower(trim(self.name))) as "isNamesake"`);

const HeldRow = z.object({ grantId: z.string(), role: z.enum(ROLES) });

/** The roles that a person has now, the oldest first. Locks them, so that none ends before the transaction does. */
export const lockRolesOf = (db: Database, actorId: string): Promise<readonly { grantId: string; role: Role }[]> =>
  db.any(sql.type(HeldRow)`
    select id as "grantId", role from role_grant
    where actor_id = ${actorId} and status = 'confirmed' and (expires_at is null or expires_at > now())
    order by id for update`);
