import { randomBytes } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { endKey, findKey, insertKey } from '../../db/people/keys.ts';
import { formatKey, PREFIX_BYTES, SECRET_BYTES } from '../../domain/people/api-key.ts';
import type { Role } from '../../domain/people/role.ts';

export type IssuedKey = {
  id: string;
  prefix: string;
  /** The whole key, as it is sent. It is shown once and stored nowhere. */
  key: string;
};

/** Makes a key of 256 bits for a confirmed role, of which only the hash is kept. `by` is null for a command on the server. */
export async function issueKey(
  tx: Database,
  { grantId, actor, role }: { grantId: string; actor: string; role: Role },
  by: string | null,
): Promise<IssuedKey> {
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const id = await insertKey(tx, grantId, { prefix, secret });
  await addAuditEntry(tx, {
    actorId: by,
    action: by === null ? 'key.issue' : 'key.claim',
    subject: `key/${id}`,
    detail: { actor, grant: grantId, role },
  });
  return { id, prefix, key: formatKey({ prefix, secret }) };
}

/** Revokes a key now. Safe to repeat. Throws Failure `not_found`. */
export const revokeKey = (db: Database, id: string, by: string, signatureId: string | null = null): Promise<void> =>
  db.transaction(async (tx) => {
    await findKey(tx, id);
    if (await endKey(tx, id, by, signatureId))
      await addAuditEntry(tx, {
        actorId: by,
        action: 'key.revoke',
        subject: `key/${id}`,
        detail: signedBy(signatureId),
      });
  });
