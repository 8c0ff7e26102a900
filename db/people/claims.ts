import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { ACTOR_KINDS } from '../../domain/people/actor.ts';
import { ROLES } from '../../domain/people/role.ts';
import { Id } from '../column-types.ts';
import type { Database } from '../database.ts';

export const newClaimId = (db: Database): Promise<string> => db.oneFirst(sql.type(Id)`select uuidv7() as id`);

export type NewClaim = {
  id: string;
  grantId: string;
  token: string;
  hours: number;
  by: string | null;
  signatureId?: string | null;
};

/** Writes a claim with the hash of its token. Earlier claims of the grant end. */
export async function insertClaim(
  db: Database,
  { id, grantId, token, hours, by, signatureId = null }: NewClaim,
): Promise<void> {
  await endClaims(db, grantId);
  await db.query(sql.unsafe`
    insert into key_claim(id, grant_id, token_hash, created_by, signature_id, expires_at)
    values (${id}, ${grantId}, ${sql.binary(sha256(token))}, ${by}, ${signatureId},
      now() + ${hours} * interval '1 hour')`);
}

/** Ends the open claims of a grant. Their links no longer work. */
export const endClaims = (db: Database, grantId: string) =>
  db.query(sql.unsafe`update key_claim set ended_at = now() where grant_id = ${grantId} and ended_at is null`);

const ClaimRow = z.strictObject({
  id: z.string(),
  grantId: z.string(),
  actorId: z.string(),
  actor: z.string(),
  name: z.string(),
  kind: z.enum(ACTOR_KINDS),
  role: z.enum(ROLES),
  /** Whether the link may make a passkey: the person has none, or the server gave the link. */
  makesPasskey: z.boolean(),
});
export type OpenClaim = z.infer<typeof ClaimRow>;

/** Finds and locks the claim of a token. Null if it is unknown, used, over, or its role is not confirmed. */
export const lockOpenClaim = (db: Database, token: string): Promise<OpenClaim | null> =>
  db.maybeOne(sql.type(ClaimRow)`
    select claim.id, claim.grant_id as "grantId", actor.id as "actorId", actor.code as actor, actor.name, actor.kind, held.role,
      claim.created_by is null
        or not (exists (select from passkey where passkey.actor_id = actor.id and removed_at is null)
          or exists (select from identity where identity.actor_id = actor.id and identity.removed_at is null)) as "makesPasskey"
    from key_claim claim join role_grant held on held.id = claim.grant_id join actor on actor.id = held.actor_id
    where claim.token_hash = ${sql.binary(sha256(token))} and claim.ended_at is null and claim.expires_at > now()
      and held.status = 'confirmed' and (held.expires_at is null or held.expires_at > now())
    for update of claim`);

/** Ends a claim with the key that was taken. */
export const markClaimed = (db: Database, id: string, keyId: string) =>
  db.query(sql.unsafe`update key_claim set ended_at = now(), key_id = ${keyId} where id = ${id}`);

/** Ends a claim with the passkey that was made. */
export const markClaimedByPasskey = (db: Database, id: string, passkeyId: string) =>
  db.query(sql.unsafe`update key_claim set ended_at = now(), passkey_id = ${passkeyId} where id = ${id}`);

/** Ends a claim with the account at a provider by which the person signs in. */
export const markClaimedByIdentity = (db: Database, id: string, identityId: string) =>
  db.query(sql.unsafe`update key_claim set ended_at = now(), identity_id = ${identityId} where id = ${id}`);

/** The open claim of a grant. */
export const findOpenClaim = (db: Database, grantId: string): Promise<string> =>
  db.oneFirst(sql.type(Id)`select id from key_claim where grant_id = ${grantId} and ended_at is null`);

/** Whether the token of a claim still gives a key. */
export const isClaimOpen = (db: Database, id: string): Promise<boolean> =>
  db.exists(sql.unsafe`select 1 from key_claim where id = ${id} and ended_at is null and expires_at > now()`);
