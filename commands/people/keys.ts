import { randomBytes } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { endKey, insertKey, type NewKey } from '../../db/people/keys.ts';
import { Failure } from '../../domain/errors.ts';
import { formatKey, PREFIX_BYTES, SECRET_BYTES } from '../../domain/people/api-key.ts';

export type IssuedKey = {
  id: string;
  prefix: string;
  /** The whole key, as it is sent. It is shown once and stored nowhere. */
  key: string;
};

/**
 * Issues a key of 256 bits, of which only the hash is kept. `by` is null for the set-up of a new deployment. Throws Failure
 * `not_allowed` if people issue a key to themselves, and `invalid_input` if the key would have expired already.
 */
export async function issueKey(db: Database, wish: NewKey, by: string | null): Promise<IssuedKey> {
  const { actorId, role, expiresAt } = wish;
  if (actorId === by)
    throw new Failure(
      'not_allowed',
      'People cannot issue keys to themselves. No key was made. Ask another operator to issue it.',
    );
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw new Failure('invalid_input', 'The key would have expired already. No key was made. Choose a later time.', {
      details: [{ field: 'expiresAt', reason: 'is in the past' }],
    });
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return db.transaction(async (tx) => {
    const id = await insertKey(tx, wish, { prefix, secret }, by);
    await addAuditEntry(tx, { actorId: by, action: 'key.issue', subject: `key/${id}`, detail: { actorId, role } });
    return { id, prefix, key: formatKey({ prefix, secret }) };
  });
}

/** Revokes a key now. Safe to repeat. Throws Failure `not_found`. */
export const revokeKey = (db: Database, id: string, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await endKey(tx, id))) throw new Failure('not_found', `There is no key ${id}.`);
    await addAuditEntry(tx, { actorId: by, action: 'key.revoke', subject: `key/${id}` });
  });
