import { sql } from 'slonik';
import { z } from 'zod';

import { Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const IdentityRow = z.strictObject({
  id: z.string(),
  actorId: z.string(),
  issuer: z.string(),
  subject: z.string(),
  createdAt: Instant,
  lastUsedAt: Instant.nullable(),
});
/** An account of a person at a provider of identities, by which they sign in. */
export type Identity = z.infer<typeof IdentityRow>;

const identityColumns = sql.fragment`
  id, actor_id as "actorId", issuer, subject, created_at as "createdAt", last_used_at as "lastUsedAt"`;

export type IdentityName = Pick<Identity, 'issuer' | 'subject'>;

/**
 * Binds an account to a person, and returns its id. One that they removed is theirs again. Null if it belongs to somebody already: an
 * account never gets another person.
 */
export const insertIdentity = (
  db: Database,
  { actorId, issuer, subject }: IdentityName & { actorId: string },
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into identity(actor_id, issuer, subject) values (${actorId}, ${issuer}, ${subject})
    on conflict (issuer, subject) do update set removed_at = null
      where identity.actor_id = excluded.actor_id and identity.removed_at is not null
    returning id`);

/** Finds the person's account that a provider names. Null if nobody has it. */
export const findIdentity = (db: Database, { issuer, subject }: IdentityName): Promise<Identity | null> =>
  db.maybeOne(sql.type(IdentityRow)`
    select ${identityColumns} from identity where issuer = ${issuer} and subject = ${subject} and removed_at is null`);

/** The accounts by which a person signs in, oldest first. */
export const listIdentities = (db: Database, actorId: string): Promise<readonly Identity[]> =>
  db.any(sql.type(IdentityRow)`
    select ${identityColumns} from identity where actor_id = ${actorId} and removed_at is null order by id`);

/** Removes an account of a person, which keeps its signatures. Returns whether they had it. */
export const removeIdentity = (db: Database, id: string, actorId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update identity set removed_at = now() where id = ${id} and actor_id = ${actorId} and removed_at is null`,
  );

export const markIdentityUsed = (db: Database, id: string) =>
  db.query(sql.unsafe`update identity set last_used_at = now() where id = ${id}`);
