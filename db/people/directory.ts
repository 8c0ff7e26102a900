import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { type Role, ROLES } from '../../domain/people/role.ts';
import { INVITATION_STATES } from '../../domain/people/grant.ts';
import { Count, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { LimitColumns, limitsOf } from './limits.ts';

/** The people and their access, as the console shows them. */

const PersonRow = z.strictObject({
  code: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  /** The roles that the person has now, each once. */
  roles: z.array(z.strictObject({ role: z.enum(ROLES), ...LimitColumns })),
  /** The roles that somebody proposed. */
  proposed: z.array(z.strictObject({ role: z.enum(ROLES), ...LimitColumns })),
  hasPasskey: z.boolean(),
  /** Whether they sign in at the company's provider of identities. */
  hasIdentity: z.boolean(),
  hasKey: z.boolean(),
  hasOpenLink: z.boolean(),
  lastSeenAt: Instant.nullable(),
});
export type Person = z.infer<typeof PersonRow>;

export type PersonFilter = {
  /** A part of the code, the name or the address. */
  text?: string | undefined;
  /** A role that the person has now. */
  role?: Role | undefined;
};

const isNow = sql.fragment`held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())`;

/** The roles of a person that fit a condition, each once with its limits. */
const rolesWhere = (fits: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  (select coalesce(json_agg(one order by one.role), '[]') from (
    select distinct held.role, ${limitsOf(sql.fragment`held`)}
    from role_grant held where held.actor_id = asked.id and ${fits}) one)`;

/** People after a code, in the order of their codes. */
export const listPeople = (
  db: Database,
  { text = '', role }: PersonFilter,
  after: string | null,
  limit: number,
): Promise<readonly Person[]> =>
  db.any(sql.type(PersonRow)`
    with asked as (
      select * from actor
      where (${after}::text is null or code > ${after})
        and (${text} = '' or position(lower(${text}) in lower(concat_ws(' ', code, name, email))) > 0)
        and (${role ?? null}::text is null or exists (
          select from role_grant held where held.actor_id = actor.id and held.role = ${role ?? null} and ${isNow}))
      order by code limit ${limit}
    )
    select asked.code, asked.name, asked.email,
      ${rolesWhere(isNow)} as roles, ${rolesWhere(sql.fragment`held.status = 'proposed'`)} as proposed,
      exists (select from passkey where passkey.actor_id = asked.id and removed_at is null) as "hasPasskey",
      exists (select from identity where identity.actor_id = asked.id and identity.removed_at is null) as "hasIdentity",
      exists (select from api_key key join role_grant held on held.id = key.grant_id
              where held.actor_id = asked.id and key.revoked_at is null and ${isNow}) as "hasKey",
      exists (select from key_claim claim join role_grant held on held.id = claim.grant_id
              where held.actor_id = asked.id and claim.ended_at is null and claim.expires_at > now()) as "hasOpenLink",
      greatest(
        (select max(seen_at) from session where session.actor_id = asked.id),
        (select max(key.last_used_at) from api_key key join role_grant held on held.id = key.grant_id where held.actor_id = asked.id)
      ) as "lastSeenAt"
    from asked order by asked.code`);

const InvitationRow = z.strictObject({
  id: z.string(),
  grantId: z.string(),
  role: z.enum(ROLES),
  partner: z.string().nullable(),
  ...LimitColumns,
  sentAt: Instant,
  sentBy: z.string().nullable(),
  expiresAt: Instant,
  endedAt: Instant.nullable(),
  state: z.enum(INVITATION_STATES),
});
export type Invitation = z.infer<typeof InvitationRow>;

/** The links that a person was sent, newest first. */
export const listInvitations = (db: Database, actorId: string, limit: number): Promise<readonly Invitation[]> =>
  db.any(sql.type(InvitationRow)`
    select claim.id, held.id as "grantId", held.role, partner.code as partner, ${limitsOf(sql.fragment`held`)},
      claim.created_at as "sentAt", sender.code as "sentBy",
      claim.expires_at as "expiresAt", claim.ended_at as "endedAt",
      case when num_nonnulls(claim.passkey_id, claim.key_id, claim.identity_id) > 0 then 'used'
        when claim.ended_at is not null then 'replaced'
        when claim.expires_at <= now() then 'expired'
        else 'open' end as state
    from key_claim claim join role_grant held on held.id = claim.grant_id
    left join partner on partner.id = held.partner_id left join actor sender on sender.id = claim.created_by
    where held.actor_id = ${actorId} order by claim.id desc limit ${limit}`);

const OpenRow = z.strictObject({ sessions: Count, passkeys: Count, identities: Count });

/** How many sessions, passkeys and accounts at providers a person has open now. */
export const countDoors = (db: Database, actorId: string): Promise<z.infer<typeof OpenRow>> =>
  db.one(sql.type(OpenRow)`
    select (select count(*) from passkey where passkey.actor_id = ${actorId} and removed_at is null) as passkeys,
      (select count(*) from identity where identity.actor_id = ${actorId} and removed_at is null) as identities,
      (select count(*) from session left join passkey on passkey.id = session.passkey_id
       where session.actor_id = ${actorId} and ended_at is null and session.expires_at > now() and passkey.removed_at is null) as sessions`);
