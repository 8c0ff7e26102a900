import { timingSafeEqual } from 'node:crypto';

import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { type KeyParts, parseKey } from '../../domain/people/api-key.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { Bytes, Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const KeyRow = z.strictObject({
  id: z.string(),
  role: z.enum(ROLES),
  partner: z.string().nullable(),
  prefix: z.string(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});
export type ApiKey = z.infer<typeof KeyRow>;

export const listKeys = (db: Database, actorId: string): Promise<readonly ApiKey[]> =>
  db.any(sql.type(KeyRow)`
    select key.id, role, partner.code as partner, prefix, key.created_at as "createdAt", expires_at as "expiresAt",
      revoked_at as "revokedAt", last_used_at as "lastUsedAt"
    from api_key key left join partner on partner.id = key.partner_id
    where actor_id = ${actorId} order by key.id`);

export type NewKey = {
  actorId: string;
  role: Role;
  /** The partner's id, for the role partner alone. */
  partnerId: bigint | null;
  expiresAt: Date | null;
};

/** Writes a new key with the hash of its secret. Returns its id. */
export const insertKey = (
  db: Database,
  { actorId, role, partnerId, expiresAt }: NewKey,
  { prefix, secret }: KeyParts,
  issuedBy: string | null,
): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into api_key(actor_id, role, partner_id, prefix, secret_hash, created_by, expires_at)
    values (${actorId}, ${role}, ${partnerId}, ${prefix}, ${sql.binary(sha256(secret))}, ${issuedBy},
      ${expiresAt && sql.timestamp(expiresAt)})
    returning id`);

/** Ends a key now, unless it has ended already. Returns whether there is such a key. */
export const endKey = (db: Database, id: string): Promise<boolean> =>
  changesRow(db, sql.unsafe`update api_key set revoked_at = coalesce(revoked_at, now()) where id = ${id}`);

/** A person who asks, in the one role of the key that was sent. `partnerId` is set for the role partner alone. */
export type Caller = {
  actorId: string;
  actorCode: string;
  keyId: string;
  role: Role;
  partnerId: bigint | null;
  partnerCode: string | null;
};

const CallerRow = z.strictObject({
  actorId: z.string(),
  actorCode: z.string(),
  keyId: z.string(),
  role: z.enum(ROLES),
  partnerId: z.bigint().nullable(),
  partnerCode: z.string().nullable(),
  secretHash: Bytes,
  usedLongAgo: z.boolean(),
});

/**
 * Finds the person to whom a key belongs. Null if the key is unknown, has expired or was revoked. Writes its last use at most
 * once a minute.
 */
export async function findCaller(db: Database, key: string): Promise<Caller | null> {
  const parts = parseKey(key);
  if (!parts) return null;
  const row = await db.maybeOne(sql.type(CallerRow)`
    select actor.id as "actorId", actor.code as "actorCode", key.id as "keyId", role, partner_id as "partnerId",
      partner.code as "partnerCode", secret_hash as "secretHash",
      coalesce(last_used_at < now() - interval '1 minute', true) as "usedLongAgo"
    from api_key key join actor on actor.id = key.actor_id left join partner on partner.id = key.partner_id
    where prefix = ${parts.prefix} and revoked_at is null and (expires_at is null or expires_at > now())`);
  if (!row) return null;
  const { secretHash, usedLongAgo, ...caller } = row;
  if (!timingSafeEqual(secretHash, sha256(parts.secret))) return null;
  if (usedLongAgo) await db.query(sql.unsafe`update api_key set last_used_at = now() where id = ${caller.keyId}`);
  return caller;
}
