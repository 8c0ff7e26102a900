import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Bytes, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import { seal, unseal, type VaultKeys, webhookSecretRecord } from '../vault.ts';

/** The endpoints of the company that get webhooks, and the secrets that sign them. */

const EndpointRow = z.strictObject({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  isPaused: z.boolean(),
  createdBy: z.string(),
  createdAt: Instant,
});
export type Endpoint = z.infer<typeof EndpointRow>;

const selectEndpoint = sql.fragment`
  select endpoint.id, url, description, events, is_paused as "isPaused", actor.code as "createdBy", endpoint.created_at as "createdAt"
  from webhook_endpoint endpoint join actor on actor.id = endpoint.created_by`;

/** The endpoints after a cursor, the oldest first. */
export const listEndpoints = (db: Database, after: string | null, limit: number): Promise<readonly Endpoint[]> =>
  db.any(sql.type(EndpointRow)`
    ${selectEndpoint} where ${after}::uuid is null or endpoint.id > ${after}::uuid order by endpoint.id limit ${limit}`);

/** Throws Failure `not_found`. */
export async function getEndpoint(db: Database, id: string): Promise<Endpoint> {
  const found = await db.maybeOne(sql.type(EndpointRow)`${selectEndpoint} where endpoint.id = ${id}`);
  if (!found) throw new Failure('not_found', `There is no webhook endpoint ${id}.`);
  return found;
}

export type EndpointWish = { url: string; description: string; events: readonly string[]; isPaused: boolean };

export const insertEndpoint = (db: Database, { url, description, events }: EndpointWish, by: string): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into webhook_endpoint(url, description, events, created_by)
    values (${url}, ${description}, ${sql.array(events, 'text')}, ${by}) returning id`);

export const updateEndpoint = (db: Database, id: string, { url, description, events, isPaused }: EndpointWish) =>
  db.query(sql.unsafe`
    update webhook_endpoint set url = ${url}, description = ${description}, events = ${sql.array(events, 'text')},
      is_paused = ${isPaused} where id = ${id}`);

/** Locks an endpoint's row, so that two changes of it follow each other. */
export const lockEndpoint = (db: Database, id: string) =>
  db.query(sql.unsafe`select from webhook_endpoint where id = ${id} for no key update`);

const SecretRow = z.strictObject({ id: z.string(), createdBy: z.string(), createdAt: Instant });
export type EndpointSecret = z.infer<typeof SecretRow>;

/** The secrets of an endpoint that are in force, the oldest first. */
export const listEndpointSecrets = (db: Database, endpointId: string): Promise<readonly EndpointSecret[]> =>
  db.any(sql.type(SecretRow)`
    select secret.id, actor.code as "createdBy", secret.created_at as "createdAt"
    from webhook_secret secret join actor on actor.id = secret.created_by
    where endpoint_id = ${endpointId} and revoked_at is null order by secret.id`);

export async function insertEndpointSecret(
  db: Database,
  vault: VaultKeys,
  { endpointId, clear, by }: { endpointId: string; clear: Uint8Array; by: string },
): Promise<string> {
  const id = await db.oneFirst(sql.type(Id)`select uuidv7()::text as id`);
  await db.query(sql.unsafe`
    insert into webhook_secret(id, endpoint_id, sealed, key_id, created_by)
    values (${id}, ${endpointId}, ${sql.binary(seal(vault, webhookSecretRecord(id), clear))}, ${vault.keyId}, ${by})`);
  return id;
}

export const revokeEndpointSecret = (db: Database, id: string, by: string) =>
  db.query(sql.unsafe`
    update webhook_secret set revoked_by = ${by}, revoked_at = now() where id = ${id} and revoked_at is null`);

const SealedRow = z.strictObject({ id: z.string(), sealed: Bytes });

/** The secrets of an endpoint that are in force, unsealed, the newest first. */
export async function openEndpointSecrets(db: Database, vault: VaultKeys, endpointId: string): Promise<Uint8Array[]> {
  const rows = await db.any(sql.type(SealedRow)`
    select id, sealed from webhook_secret where endpoint_id = ${endpointId} and revoked_at is null order by id desc`);
  return rows.map(({ id, sealed }) => unseal(vault, webhookSecretRecord(id), sealed));
}
