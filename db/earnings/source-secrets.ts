import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Bytes, Count, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { seal, sourceSecretRecord, unseal, type VaultKeys } from '../vault.ts';

/** The secrets by which sources sign their webhooks. */

const SecretRow = z.strictObject({
  id: z.string(),
  source: z.string(),
  createdBy: z.string(),
  createdAt: Instant,
  revokedAt: Instant.nullable(),
});
export type SourceSecret = z.infer<typeof SecretRow>;

const secretQuery = sql.fragment`
  select secret.id, secret.source, actor.code as "createdBy", secret.created_at as "createdAt", secret.revoked_at as "revokedAt"
  from source_secret secret join actor on actor.id = secret.created_by`;

/** Locks a source's secrets against other changes until the transaction ends, and counts those in force. */
export async function countSecrets(db: Database, source: string): Promise<number> {
  await db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('source_secret'), hashtext(${source}))`);
  return db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(*) as count from source_secret where source = ${source} and revoked_at is null`);
}

/** An id for a new secret, which is sealed under it. */
export const newSecretId = (db: Database): Promise<string> => db.oneFirst(sql.type(Id)`select uuidv7()::text as id`);

export const insertSecret = (
  db: Database,
  vault: VaultKeys,
  secret: { id: string; source: string; clear: Uint8Array; by: string },
) =>
  db.query(sql.unsafe`
    insert into source_secret(id, source, sealed, key_id, created_by)
    values (${secret.id}, ${secret.source}, ${sql.binary(seal(vault, sourceSecretRecord(secret.id), secret.clear))}, ${vault.keyId},
      ${secret.by})`);

/** Throws Failure `not_found`. */
export async function getSecret(db: Database, source: string, id: string): Promise<SourceSecret> {
  const found = await db.maybeOne(
    sql.type(SecretRow)`${secretQuery} where secret.source = ${source} and secret.id = ${id}`,
  );
  if (!found) throw new Failure('not_found', `The source ${source} has no secret ${id}.`);
  return found;
}

/** The secrets of a source, the oldest first, also those that were revoked. */
export const listSecrets = (
  db: Database,
  source: string,
  after: string | null,
  limit: number,
): Promise<readonly SourceSecret[]> =>
  db.any(sql.type(SecretRow)`
    ${secretQuery} where secret.source = ${source} and (${after}::uuid is null or secret.id > ${after}::uuid)
    order by secret.id limit ${limit}`);

/** Revokes a secret. A revoked one stays revoked. */
export const revokeSecret = (db: Database, id: string, by: string) =>
  db.query(sql.unsafe`
    update source_secret set revoked_by = ${by}, revoked_at = now() where id = ${id} and revoked_at is null`);

const SealedRow = z.strictObject({ id: z.string(), sealed: Bytes, by: z.string() });

/** The secrets of a source that are in force, unsealed, each with the id of the person who set it. */
export async function openSecrets(
  db: Database,
  vault: VaultKeys,
  source: string,
): Promise<readonly { clear: Uint8Array; by: string }[]> {
  const rows = await db.any(sql.type(SealedRow)`
    select id, sealed, created_by as by from source_secret where source = ${source} and revoked_at is null order by id`);
  return rows.map(({ id, sealed, by }) => ({ clear: unseal(vault, sourceSecretRecord(id), sealed), by }));
}
