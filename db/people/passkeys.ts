import { sql } from 'slonik';
import { z } from 'zod';

import { Bytes, Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const PasskeyRow = z.strictObject({
  id: z.string(),
  actorId: z.string(),
  credentialId: Bytes,
  publicKey: Bytes,
  signCount: z.bigint(),
  transports: z.array(z.string()),
  /** The name that the person gave it. Null if they gave none. */
  name: z.string().nullable(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
});
export type Passkey = z.infer<typeof PasskeyRow>;

const passkeyColumns = sql.fragment`
  id, actor_id as "actorId", credential_id as "credentialId", public_key as "publicKey", sign_count as "signCount", transports, name,
  created_at as "createdAt", last_used_at as "lastUsedAt"`;

export type NewPasskey = Pick<Passkey, 'actorId' | 'transports' | 'signCount'> & {
  credentialId: Uint8Array;
  publicKey: Uint8Array;
  name?: string | null;
};

/** Writes a passkey and returns its id. Null if the credential is known already. */
export const insertPasskey = (
  db: Database,
  { actorId, credentialId, publicKey, signCount, transports, name = null }: NewPasskey,
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into passkey(actor_id, credential_id, public_key, sign_count, transports, name)
    values (${actorId}, ${sql.binary(Buffer.from(credentialId))}, ${sql.binary(Buffer.from(publicKey))}, ${signCount},
      ${sql.array(transports, 'text')}, ${name})
    on conflict do nothing returning id`);

/** Finds a passkey that was not removed, and locks it for this transaction. */
export const lockPasskey = (db: Database, credentialId: Uint8Array): Promise<Passkey | null> =>
  db.maybeOne(sql.type(PasskeyRow)`
    select ${passkeyColumns} from passkey
    where credential_id = ${sql.binary(Buffer.from(credentialId))} and removed_at is null for update`);

/** The passkeys that a person can use now, oldest first. */
export const listPasskeys = (db: Database, actorId: string): Promise<readonly Passkey[]> =>
  db.any(sql.type(PasskeyRow)`
    select ${passkeyColumns} from passkey where actor_id = ${actorId} and removed_at is null order by id`);

/** Removes a passkey of a person. Its sessions end with it. Returns whether they had it. */
export const removePasskey = (db: Database, id: string, actorId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update passkey set removed_at = now() where id = ${id} and actor_id = ${actorId} and removed_at is null`,
  );

/** Gives a passkey of a person another name. Returns whether they have it. */
export const renamePasskey = (db: Database, id: string, actorId: string, name: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update passkey set name = ${name} where id = ${id} and actor_id = ${actorId} and removed_at is null`,
  );

export const markPasskeyUsed = (db: Database, id: string, signCount: bigint) =>
  db.query(sql.unsafe`update passkey set sign_count = ${signCount}, last_used_at = now() where id = ${id}`);

/** Removes every passkey of a person, and with them their sessions. Returns how many there were. */
export const removePasskeysOf = async (db: Database, actorId: string): Promise<number> =>
  (await db.query(sql.unsafe`update passkey set removed_at = now() where actor_id = ${actorId} and removed_at is null`))
    .rowCount;
