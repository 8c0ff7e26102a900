import { randomBytes } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import {
  countSecrets,
  getSecret,
  insertSecret,
  newSecretId,
  openSecrets,
  revokeSecret,
  type SourceSecret,
} from '../../db/earnings/source-secrets.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { printSecret, readSecret, whyNotGenuine, type WebhookHeaders } from '../../domain/earnings/webhook.ts';

/** A change of the secret needs two at a time. More would only make old ones forgotten. */
const SECRETS_MAX = 5;
const SECRET_BYTES = 32;

/** Gives a source a secret: the sender's, or a new one. It is returned only here. */
export const addSourceSecret = (
  db: Database,
  vault: VaultKeys,
  { source, secret, by }: { source: string; secret: string | null; by: string },
): Promise<SourceSecret & { secret: string }> =>
  db.transaction(async (tx) => {
    const clear = secret === null ? randomBytes(SECRET_BYTES) : readSecret(secret);
    if (!clear) throw refused('secret', 'is not whsec_ and 24 to 64 bytes in Base64');
    if ((await countSecrets(tx, source)) >= SECRETS_MAX)
      throw refused('source', `has ${SECRETS_MAX} secrets in force: revoke one first`);
    const id = await newSecretId(tx);
    await insertSecret(tx, vault, { id, source, clear, by });
    await addAuditEntry(tx, { actorId: by, action: 'source_secret.add', subject: `source/${source}`, detail: { id } });
    return { ...(await getSecret(tx, source, id)), secret: printSecret(clear) };
  });

/** Revokes a secret at once. Webhooks that it signed are refused from then on. Throws Failure `not_found`. */
export const revokeSourceSecret = (
  db: Database,
  { source, id, by }: { source: string; id: string; by: string },
): Promise<SourceSecret> =>
  db.transaction(async (tx) => {
    const { revokedAt } = await getSecret(tx, source, id);
    if (revokedAt !== null) return getSecret(tx, source, id);
    await revokeSecret(tx, id, by);
    await addAuditEntry(tx, {
      actorId: by,
      action: 'source_secret.revoke',
      subject: `source/${source}`,
      detail: { id },
    });
    return getSecret(tx, source, id);
  });

/**
 * The person who answers for a webhook: the one who set the secret that signed it. Throws Failure `webhook_not_genuine` where no secret of the
 * source did.
 */
export async function signerOf(
  db: Database,
  vault: VaultKeys,
  source: string,
  { headers, body, nowMs }: { headers: WebhookHeaders; body: Uint8Array; nowMs: number },
): Promise<string> {
  const secrets = await openSecrets(db, vault, source);
  const signer = secrets.find(({ clear }) => whyNotGenuine(clear, headers, body, nowMs) === undefined);
  if (signer) return signer.by;
  const reason = secrets[0] ? whyNotGenuine(secrets[0].clear, headers, body, nowMs) : undefined;
  throw new Failure(
    'webhook_not_genuine',
    `No secret of this source signed the webhook: ${reason ?? 'the signature does not match'}. No event was taken in.`,
  );
}
