import { sql } from 'slonik';
import { z } from 'zod';

import { Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

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

/** Binds an account to a person for ever, and returns its id. Null if it belongs to somebody already. */
export const insertIdentity = (
  db: Database,
  { actorId, issuer, subject }: IdentityName & { actorId: string },
): Promise<string | null> =>
  db.maybeOneFirst(sql.type(Id)`
    insert into identity(actor_id, issuer, subject) values (${actorId}, ${issuer}, ${subject})
    on conflict do nothing returning id`);

/** Finds the person's account that a provider names. Null if nobody has it. */
export const findIdentity = (db: Database, { issuer, subject }: IdentityName): Promise<Identity | null> =>
  db.maybeOne(sql.type(IdentityRow)`
    select ${identityColumns} from identity where issuer = ${issuer} and subject = ${subject}`);

/** The accounts by which a person signs in, oldest first. */
export const listIdentities = (db: Database, actorId: string): Promise<readonly Identity[]> =>
  db.any(sql.type(IdentityRow)`select ${identityColumns} from identity where actor_id = ${actorId} order by id`);

export const markIdentityUsed = (db: Database, id: string) =>
  db.query(sql.unsafe`update identity set last_used_at = now() where id = ${id}`);
