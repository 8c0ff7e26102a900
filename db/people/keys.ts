import { timingSafeEqual } from 'node:crypto';

import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { type KeyParts, parseKey } from '../../domain/people/api-key.ts';
import { type Access, ACCESSES } from '../../domain/people/grant.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { Failure } from '../../domain/errors.ts';
import { Bytes, Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import type { Reach } from '../../domain/people/reach.ts';
import { LimitColumns, limitsOf, ReachColumn, reachOf } from './limits.ts';

const KeyRow = z.strictObject({
  id: z.string(),
  grantId: z.string(),
  role: z.enum(ROLES),
  partner: z.string().nullable(),
  ...LimitColumns,
  prefix: z.string(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});
export type ApiKey = z.infer<typeof KeyRow>;

export const listKeys = (db: Database, actorId: string): Promise<readonly ApiKey[]> =>
  db.any(sql.type(KeyRow)`
    select key.id, held.id as "grantId", held.role, partner.code as partner,
      ${limitsOf(sql.fragment`held`)}, prefix, key.created_at as "createdAt",
      held.expires_at as "expiresAt", coalesce(key.revoked_at, held.revoked_at) as "revokedAt", last_used_at as "lastUsedAt"
    from api_key key join role_grant held on held.id = key.grant_id left join partner on partner.id = held.partner_id
    where held.actor_id = ${actorId} order by key.id`);

/** Writes a new key of a confirmed role, with the hash of its secret. Returns its id. */
export const insertKey = (db: Database, grantId: string, { prefix, secret }: KeyParts): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into api_key(grant_id, prefix, secret_hash) values (${grantId}, ${prefix}, ${sql.binary(sha256(secret))}) returning id`);

/** Ends every key of a person now. */
export const endKeysOf = (db: Database, actorId: string) =>
  db.query(sql.unsafe`
    update api_key set revoked_at = now() from role_grant held
    where held.id = api_key.grant_id and held.actor_id = ${actorId} and api_key.revoked_at is null`);

/** Ends every key of one role of a person now. */
export const endKeysOfGrant = (db: Database, grantId: string) =>
  db.query(sql.unsafe`update api_key set revoked_at = now() where grant_id = ${grantId} and revoked_at is null`);

/** Ends a key now. Returns whether it was open. */
export const endKey = (db: Database, id: string, by: string, signatureId: string | null): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update api_key set revoked_at = now(), revoked_by = ${by}, revocation_signature_id = ${signatureId}
    where id = ${id} and revoked_at is null`,
  );

const OwnedKey = z.strictObject({ prefix: z.string(), actor: z.string(), isOpen: z.boolean() });

/** Whose a key is, and whether it was not revoked. */
export async function findKey(db: Database, id: string): Promise<z.infer<typeof OwnedKey>> {
  const key = await db.maybeOne(sql.type(OwnedKey)`
    select key.prefix, actor.code as actor, key.revoked_at is null as "isOpen"
    from api_key key join role_grant held on held.id = key.grant_id join actor on actor.id = held.actor_id where key.id = ${id}`);
  if (!key) throw new Failure('not_found', `There is no key ${id}.`);
  return key;
}

/**
 * A person who asks, in the one role of the key that was sent. `partnerId` is set for the role partner alone, and `mergedCodes` are those
 * of the partners who were merged into that one.
 */
export type Caller = {
  actorId: string;
  actorCode: string;
  keyId: string;
  role: Role;
  partnerId: bigint | null;
  partnerCode: string | null;
  /** Null for every role but partner. */
  access: Access | null;
  /** The programs and payers that the role of the key reaches. */
  reach: Reach;
  /** The same by the codes of programs and payers, which are empty where it reaches everything. */
  programs: readonly string[];
  payers: readonly string[];
  mergedCodes: readonly string[];
};

const CallerRow = z.strictObject({
  actorId: z.string(),
  actorCode: z.string(),
  keyId: z.string(),
  role: z.enum(ROLES),
  partnerId: z.bigint().nullable(),
  partnerCode: z.string().nullable(),
  access: z.enum(ACCESSES).nullable(),
  reach: ReachColumn,
  ...LimitColumns,
  mergedCodes: z.array(z.string()),
  secretHash: Bytes,
  usedLongAgo: z.boolean(),
});

/**
 * Finds the person to whom a key belongs. Null if the key is unknown or was revoked, or its role is not
 * confirmed, has expired or was revoked. Writes its last use at most
 * once a minute.
 */
export async function findCaller(db: Database, key: string): Promise<Caller | null> {
  const parts = parseKey(key);
  if (!parts) return null;
  const row = await db.maybeOne(sql.type(CallerRow)`
    select actor.id as "actorId", actor.code as "actorCode", key.id as "keyId", held.role, held.partner_id as "partnerId",
      partner.code as "partnerCode", held.access, ${reachOf(sql.fragment`held`)} as reach, ${limitsOf(sql.fragment`held`)},
      array(select gone.code from partner gone where gone.merged_into = held.partner_id) as "mergedCodes",
      secret_hash as "secretHash",
      coalesce(last_used_at < now() - interval '1 minute', true) as "usedLongAgo"
    from api_key key join role_grant held on held.id = key.grant_id join actor on actor.id = held.actor_id
    left join partner on partner.id = held.partner_id
    where prefix = ${parts.prefix} and key.revoked_at is null and held.status = 'confirmed'
      and (held.expires_at is null or held.expires_at > now())`);
  if (!row) return null;
  const { secretHash, usedLongAgo, ...caller } = row;
  if (!timingSafeEqual(secretHash, sha256(parts.secret))) return null;
  if (usedLongAgo) await db.query(sql.unsafe`update api_key set last_used_at = now() where id = ${caller.keyId}`);
  return caller;
}
