import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { type Identity, listIdentities, removeIdentity } from '../../db/people/identities.ts';
import { listPasskeys } from '../../db/people/passkeys.ts';
import { endSessionsOfIdentity } from '../../db/people/sessions.ts';
import { Failure } from '../../domain/errors.ts';
import { tellOfSignIn } from './sign-in-notices.ts';

type Wish = { actorId: string; id: string };

/**
 * The account at a provider that a person wants to remove. Throws Failure `not_found`, and `status_does_not_allow` where they have no passkey, so
 * that it may be their last way to sign in.
 */
export async function readRemovableIdentity(db: Database, { actorId, id }: Wish): Promise<Identity> {
  const [passkeys, identities] = await Promise.all([listPasskeys(db, actorId), listIdentities(db, actorId)]);
  const identity = identities.find((one) => one.id === id);
  if (!identity) throw new Failure('not_found', `You have no account ${id} at a provider.`);
  if (passkeys.length === 0)
    throw new Failure(
      'status_does_not_allow',
      'This account is your only way to sign in. Nothing was removed. Add a passkey first.',
    );
  return identity;
}

/** Removes an account of a person, who signed that. Its sessions end at once, and a mail tells them. Its signatures stay valid. */
export async function removeOwnIdentity(
  tx: Database,
  { actorId, actorCode }: { actorId: string; actorCode: string },
  { id, name, signatureId }: { id: string; name: string; signatureId: string },
): Promise<void> {
  if (!(await removeIdentity(tx, id, actorId)))
    throw new Failure('not_found', `You have no account ${id} at a provider.`);
  await endSessionsOfIdentity(tx, actorId, id);
  const detail = { identity: id, ...signedBy(signatureId) };
  await addAuditEntry(tx, { actorId, action: 'identity.remove', subject: `actor/${actorCode}`, detail });
  await tellOfSignIn(tx, actorId, { id, change: 'unbound', name });
}
