import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { ACTOR_KINDS } from '../../domain/people/actor.ts';
import { type Access, ACCESSES, GRANT_STATUSES, type GrantStatus } from '../../domain/people/grant.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { EVERYTHING, type Limited } from '../../domain/people/reach.ts';
import { Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { LimitColumns, limitsOf } from './limits.ts';

const GrantRow = z.strictObject({
  id: z.string(),
  actorId: z.string(),
  /** The code of the person who gets the role. */
  actor: z.string(),
  name: z.string(),
  /** Whether the role is for a person or for a system. */
  kind: z.enum(ACTOR_KINDS),
  email: z.string().nullable(),
  role: z.enum(ROLES),
  partner: z.string().nullable(),
  access: z.enum(ACCESSES).nullable(),
  ...LimitColumns,
  status: z.enum(GRANT_STATUSES),
  firstSetup: z.boolean(),
  proposedById: z.string().nullable(),
  proposedBy: z.string().nullable(),
  proposedAt: Instant,
  decidedBy: z.string().nullable(),
  decidedAt: Instant.nullable(),
  note: z.string().nullable(),
  revokedAt: Instant.nullable(),
  expiresAt: Instant.nullable(),
  /** The codes of other people with the same name. */
  namesakes: z.array(z.string()),
  /** The codes of partners who are reached at the person's address. */
  mailboxOf: z.array(z.string()),
});
/** A role that a person was given, or is to be given, with what else is known about that person. */
export type Grant = z.infer<typeof GrantRow>;

const selectGrant = sql.fragment`
  select role_grant.id, role_grant.actor_id as "actorId", actor.code as actor, actor.name, actor.kind, actor.email, role_grant.role,
    partner.code as partner, role_grant.access, ${limitsOf(sql.fragment`role_grant`)}, role_grant.status, role_grant.first_setup as "firstSetup", role_grant.proposed_by as "proposedById",
    proposer.code as "proposedBy", role_grant.proposed_at as "proposedAt", decider.code as "decidedBy",
    role_grant.decided_at as "decidedAt", role_grant.note, role_grant.revoked_at as "revokedAt", role_grant.expires_at as "expiresAt",
    array(select other.code from actor other where other.id <> actor.id and lower(trim(other.name)) = lower(trim(actor.name))
          order by 1 limit 10) as namesakes,
    array(select same.code from partner same where same.mailbox = actor.mailbox order by 1 limit 10) as "mailboxOf"
  from role_grant join actor on actor.id = role_grant.actor_id
  left join partner on partner.id = role_grant.partner_id
  left join actor proposer on proposer.id = role_grant.proposed_by
  left join actor decider on decider.id = role_grant.decided_by`;

export type NewGrant = {
  actorId: string;
  role: Role;
  /** The partner's id, for the role partner alone. */
  partnerId: bigint | null;
  /** For the role partner alone. By default the person is an owner. */
  access?: Access | undefined;
  /** The codes of the programs or payers that the role is limited to. By default it reaches everything. */
  limited?: Limited;
  /** When the role ends by itself. Null means never. */
  expiresAt: Date | null;
  /** The proposer's signature. Without it, they used a key of the API. */
  signatureId?: string | null;
};

/** Writes a grant. `alone` gives it at once, without a second person. Returns its id, or null if there is a live one already. */
export const insertGrant = (
  db: Database,
  { actorId, role, partnerId, access = 'owner', limited = EVERYTHING, expiresAt, signatureId = null }: NewGrant,
  { by, alone, firstSetup }: { by: string | null; alone: boolean; firstSetup: boolean },
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into role_grant(actor_id, role, partner_id, access, program_ids, payer_ids, expires_at, proposed_by, proposal_signature_id, first_setup, status,
      decided_at)
    values (${actorId}, ${role}, ${partnerId}, ${role === 'partner' ? access : null},
      (select array_agg(id order by id) from program where code = any(${sql.array(limited.programs, 'text')})),
      (select array_agg(id order by id) from payer where code = any(${sql.array(limited.payers, 'text')})), ${expiresAt && sql.timestamp(expiresAt)}, ${by}, ${signatureId}, ${firstSetup},
      ${alone ? 'confirmed' : 'proposed'}, case when ${alone} then now() end)
    on conflict do nothing returning id`);

/** Reads and locks a grant for this transaction. */
export async function lockGrant(db: Database, id: string): Promise<Grant> {
  await db.query(sql.unsafe`select from role_grant where id = ${id} for update`);
  return getGrant(db, id);
}

export async function getGrant(db: Database, id: string): Promise<Grant> {
  const grant = await db.maybeOne(sql.type(GrantRow)`${selectGrant} where role_grant.id = ${id}`);
  if (!grant) throw new Failure('not_found', `There is no grant ${id}.`);
  return grant;
}

export type GrantVerdict = {
  status: 'confirmed' | 'refused';
  by: string;
  note: string | null;
  signatureId?: string | null;
};

export const recordGrantVerdict = (db: Database, id: string, { status, by, note, signatureId = null }: GrantVerdict) =>
  db.query(sql.unsafe`
    update role_grant set status = ${status}, decided_by = ${by}, decided_at = now(), note = ${note},
      decision_signature_id = ${signatureId} where id = ${id}`);

export const markGrantRevoked = (db: Database, id: string, by: string | null, signatureId: string | null = null) =>
  db.query(sql.unsafe`
    update role_grant set status = 'revoked', revoked_by = ${by}, revoked_at = now(),
      revocation_signature_id = ${signatureId} where id = ${id}`);

/** Grants, newest first: of one person, or those in one status. */
export const listGrants = (
  db: Database,
  filter: { actorId?: string; status?: GrantStatus | undefined },
  before: string | null,
  limit: number,
): Promise<readonly Grant[]> =>
  db.any(sql.type(GrantRow)`
    ${selectGrant}
    where (${filter.actorId ?? null}::uuid is null or role_grant.actor_id = ${filter.actorId ?? null})
      and (${filter.status ?? null}::text is null or role_grant.status = ${filter.status ?? null})
      and (${before}::uuid is null or role_grant.id < ${before})
    order by role_grant.id desc limit ${limit}`);

/** Whether a person holds a role without a limit now, with a way to use it. */
export const holdsRole = (db: Database, actorId: string, role: Role): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ holds: z.boolean() }))`select holds_role(${actorId}, ${role}) as holds`);

/** Whether nobody but this person is an operator, and nobody else ever had a key of one, or a way to sign in. */
export const isOnlyOperatorEver = (db: Database, actorId: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ isOnly: z.boolean() }))`
    select not exists (
      select from role_grant other
      where other.role = 'operator' and other.actor_id <> ${actorId}
        and (other.status = 'confirmed' or exists (select from api_key where grant_id = other.id)
          or exists (select from passkey where passkey.actor_id = other.actor_id)
          or exists (select from identity where identity.actor_id = other.actor_id))) as "isOnly"`);

const HolderRow = z.strictObject({
  actorId: z.string(),
  grantId: z.string(),
  code: z.string(),
  isWorking: z.boolean(),
});

/** The people with the role operator for everything, the oldest grant first, and whether each of them can use it now. */
export const listOperators = (db: Database): Promise<readonly z.infer<typeof HolderRow>[]> =>
  db.any(sql.type(HolderRow)`
    select actor.id as "actorId", role_grant.id as "grantId", actor.code, holds_role(actor.id, 'operator') as "isWorking"
    from role_grant join actor on actor.id = role_grant.actor_id
    where role_grant.role = 'operator' and role_grant.status = 'confirmed' and num_nonnulls(program_ids, payer_ids) = 0
      and (role_grant.expires_at is null or role_grant.expires_at > now())
    order by role_grant.id`);

/** The ids of the grants that let people read a partner's data, or would if somebody confirmed them. */
export const listGrantsOfPartner = (db: Database, partnerId: bigint): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    select id from role_grant where partner_id = ${partnerId} and status in ('proposed', 'confirmed') order by id`);
