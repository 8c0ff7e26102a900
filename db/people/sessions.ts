import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { LANGUAGES } from '../../domain/language.ts';
import { ACCESSES } from '../../domain/people/grant.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { SESSION_IDLE_MS, SESSION_MS_MAX } from '../../domain/people/session.ts';
import { Id, Instant, MinorText } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { LimitColumns, limitsOf, ReachColumn, reachOf } from './limits.ts';

/** The means of a sign-in: a passkey, or an identity at a provider, by its id. */
export type Means = { passkeyId: string } | { identityId: string };
export type NewSession = { actorId: string; means: Means; token: string; userAgent: string | null };

/** Writes a session with the hash of its cookie, and returns its id. */
export const insertSession = (db: Database, { actorId, means, token, userAgent }: NewSession): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into session(actor_id, passkey_id, identity_id, token_hash, user_agent, expires_at)
    values (${actorId}, ${'passkeyId' in means ? means.passkeyId : null}, ${'identityId' in means ? means.identityId : null}, ${sql.binary(sha256(token))}, ${userAgent},
      now() + ${SESSION_MS_MAX} * interval '1 millisecond')
    returning id`);

/** A session lasts while its row is open, it was seen lately, and its passkey, if it has one, was not removed. */
const isLive = sql.fragment`
  session.ended_at is null and session.expires_at > now() and session.seen_at > now() - ${SESSION_IDLE_MS} * interval '1 millisecond'
  and passkey.removed_at is null`;

const VisitorRow = z.strictObject({
  sessionId: z.string(),
  actorId: z.string(),
  actorCode: z.string(),
  name: z.string(),
  /** The language that the person chose. Null if they chose none. */
  language: z.enum(LANGUAGES).nullable(),
  roles: z.array(z.enum(ROLES)),
  held: z.array(z.strictObject({ role: z.enum(ROLES), reach: ReachColumn, ...LimitColumns })),
  partners: z.array(z.strictObject({ id: MinorText, code: z.string(), name: z.string(), access: z.enum(ACCESSES) })),
  seenLongAgo: z.boolean(),
});
/**
 * A person who is signed in, with every role that they hold now, and what each of their roles reaches. `partners` are those whose data they may read, by their codes: a role
 * that was taken away is gone with the next request.
 */
export type Visitor = Omit<z.infer<typeof VisitorRow>, 'seenLongAgo' | 'roles' | 'held'> & {
  roles: readonly Role[];
  held: readonly HeldRole[];
};
/** A role of a person, what it reaches, and its limits by their codes. */
export type HeldRole = z.infer<typeof VisitorRow>['held'][number];

/** Finds the person behind a cookie. Null if the session is unknown or over. Writes when it was seen at most once a minute. */
export async function findVisitor(db: Database, token: string): Promise<Visitor | null> {
  const row = await db.maybeOne(sql.type(VisitorRow)`
    select session.id as "sessionId", actor.id as "actorId", actor.code as "actorCode", actor.name, actor.language,
      coalesce(array_agg(distinct held.role) filter (where held.id is not null), '{}') as roles,
      coalesce((
        select json_agg(one order by one.role) from (
          select mine.role, ${reachOf(sql.fragment`mine`)} as reach, ${limitsOf(sql.fragment`mine`)}
          from role_grant mine where mine.id = any(array_agg(held.id))) one), '[]') as held,
      coalesce((
        select json_agg(json_build_object('id', partner.id::text, 'code', partner.code, 'name', partner.name, 'access', mine.access) order by partner.code)
        from unnest(array_agg(held.partner_id), array_agg(held.access)) as mine(id, access) join partner on partner.id = mine.id), '[]') as partners,
      session.seen_at < now() - interval '1 minute' as "seenLongAgo"
    from session join actor on actor.id = session.actor_id left join passkey on passkey.id = session.passkey_id
    left join role_grant held on held.actor_id = actor.id and held.status = 'confirmed'
      and (held.expires_at is null or held.expires_at > now())
    where session.token_hash = ${sql.binary(sha256(token))} and ${isLive}
    group by session.id, actor.id`);
  if (!row) return null;
  const { seenLongAgo, ...visitor } = row;
  if (seenLongAgo) await db.query(sql.unsafe`update session set seen_at = now() where id = ${visitor.sessionId}`);
  return visitor;
}

const SessionRow = z.strictObject({
  id: z.string(),
  userAgent: z.string().nullable(),
  createdAt: Instant,
  seenAt: Instant,
});
export type Session = z.infer<typeof SessionRow>;

/** The live sessions of a person, newest first. */
export const listSessions = (db: Database, actorId: string): Promise<readonly Session[]> =>
  db.any(sql.type(SessionRow)`
    select session.id, session.user_agent as "userAgent", session.created_at as "createdAt", session.seen_at as "seenAt"
    from session left join passkey on passkey.id = session.passkey_id
    where session.actor_id = ${actorId} and ${isLive} order by session.id desc`);

/** Ends a session of a person now. Returns whether they had it open. */
export const endSession = (db: Database, id: string, actorId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update session set ended_at = now() where id = ${id} and actor_id = ${actorId} and ended_at is null`,
  );

/** Ends every session of a person now. Returns how many were open. */
export const endSessionsOf = async (db: Database, actorId: string): Promise<number> =>
  (await db.query(sql.unsafe`update session set ended_at = now() where actor_id = ${actorId} and ended_at is null`))
    .rowCount;

/** Ends the sessions that a person began with an account at a provider. */
export const endSessionsOfIdentity = (db: Database, actorId: string, identityId: string) =>
  db.query(sql.unsafe`
    update session set ended_at = now() where actor_id = ${actorId} and identity_id = ${identityId} and ended_at is null`);

/** Notes that somebody signed in with this challenge. False if it was used before. Forgets those that are too old to be used. */
export async function useChallenge(db: Database, challenge: Uint8Array, endsMs: number): Promise<boolean> {
  await db.query(sql.unsafe`delete from used_challenge where expires_at < now()`);
  return changesRow(
    db,
    sql.unsafe`
    insert into used_challenge(challenge, expires_at) values (${sql.binary(Buffer.from(challenge))}, to_timestamp(${endsMs / 1000}))
    on conflict do nothing`,
  );
}
