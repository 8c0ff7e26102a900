import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { Bytes, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { addAuditEntry } from './audit.ts';

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

const PREFIX_BYTES = 6;
const SECRET_BYTES = 32;
const KEY_FORMAT = /^bsk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

export type NewKey = {
  actorId: string;
  role: Role;
  /** The partner's id, for the role partner alone. */
  partnerId: bigint | null;
  expiresAt: Date | null;
  /** Who issues it; null for the set-up of a new installation. Nobody issues a key to himself. */
  issuedBy: string | null;
};

export type IssuedKey = {
  id: string;
  prefix: string;
  /** The whole key, as it is sent; shown once and stored nowhere. */ key: string;
};

/** Issues a key of 256 bits, of which only the hash is kept. */
export async function issueKey(
  db: Database,
  { actorId, role, partnerId, expiresAt, issuedBy }: NewKey,
): Promise<IssuedKey> {
  if (actorId === issuedBy) throw new Failure('not_allowed', 'Nobody issues a key to himself; no key was made.');
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return db.transaction(async (tx) => {
    const { id } = await tx.one(sql.type(Id)`
      insert into api_key(actor_id, role, partner_id, prefix, secret_hash, created_by, expires_at)
      values (${actorId}, ${role}, ${partnerId}, ${prefix}, ${sql.binary(hashOf(secret))}, ${issuedBy},
        ${expiresAt && sql.timestamp(expiresAt)})
      returning id`);
    await addAuditEntry(tx, {
      actorId: issuedBy,
      action: 'key.issue',
      subject: `key/${id}`,
      detail: { actorId, role },
    });
    return { id, prefix, key: `bsk_${prefix}_${secret}` };
  });
}

/** Ends a key now. Safe to repeat; throws Failure `not_found`. */
export async function revokeKey(db: Database, id: string, by: string): Promise<void> {
  await db.transaction(async (tx) => {
    const revoked = await tx.maybeOne(sql.type(Id)`
      update api_key set revoked_at = coalesce(revoked_at, now()) where id = ${id} returning id`);
    if (!revoked) throw new Failure('not_found', `There is no key ${id}.`);
    await addAuditEntry(tx, { actorId: by, action: 'key.revoke', subject: `key/${id}` });
  });
}

/** Who is asking: a person, in the one role of the key that was shown. `partnerId` is set for the role partner alone. */
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

/** Who a key belongs to, or null for whatever is no key of ours, is over or was revoked. Last use is written once a minute. */
export async function findCaller(db: Database, key: string): Promise<Caller | null> {
  const [, prefix, secret] = KEY_FORMAT.exec(key) ?? [];
  if (!prefix || !secret) return null;
  const row = await db.maybeOne(sql.type(CallerRow)`
    select actor.id as "actorId", actor.code as "actorCode", key.id as "keyId", role, partner_id as "partnerId",
      partner.code as "partnerCode", secret_hash as "secretHash",
      coalesce(last_used_at < now() - interval '1 minute', true) as "usedLongAgo"
    from api_key key join actor on actor.id = key.actor_id left join partner on partner.id = key.partner_id
    where prefix = ${prefix} and revoked_at is null and (expires_at is null or expires_at > now())`);
  if (!row) return null;
  const { secretHash, usedLongAgo, ...caller } = row;
  if (!timingSafeEqual(secretHash, hashOf(secret))) return null;
  if (usedLongAgo) await db.query(sql.unsafe`update api_key set last_used_at = now() where id = ${caller.keyId}`);
  return caller;
}
