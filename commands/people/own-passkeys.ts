import type { RegistrationResponseJSON } from '@simplewebauthn/server';

import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { listIdentities } from '../../db/people/identities.ts';
import { listPasskeys, type Passkey, removePasskey, renamePasskey } from '../../db/people/passkeys.ts';
import { Failure } from '../../domain/errors.ts';
import { keepPasskey } from './passkeys.ts';
import { tellOfSignIn } from './sign-in-notices.ts';
import type { SigningPlace } from './signatures.ts';

type Owner = { actorId: string; actorCode: string };

/** Keeps another passkey of a person, who signed that they add it. A mail tells them. Returns its id. */
export async function addOwnPasskey(
  tx: Database,
  { vault, site }: SigningPlace,
  { actorId, actorCode }: Owner,
  { name, made, signatureId }: { name: string; made: RegistrationResponseJSON; signatureId: string },
): Promise<string> {
  const id = await keepPasskey(tx, vault, site, { actorId, name }, made);
  await addAuditEntry(tx, {
    actorId,
    action: 'passkey.add',
    subject: `actor/${actorCode}`,
    detail: { passkey: id, ...signedBy(signatureId) },
  });
  await tellOfSignIn(tx, actorId, { id, change: 'added', name });
  return id;
}

/**
 * The passkey that a person wants to remove. Throws Failure `not_found`, and `status_does_not_allow` where it is their last way to sign in.
 * `canUseProvider` says whether people can sign in at a provider of identities.
 */
export async function readRemovable(
  db: Database,
  { actorId, id, canUseProvider }: { actorId: string; id: string; canUseProvider: boolean },
): Promise<Passkey> {
  const [passkeys, identities] = await Promise.all([listPasskeys(db, actorId), listIdentities(db, actorId)]);
  const passkey = passkeys.find((one) => one.id === id);
  if (!passkey) throw new Failure('not_found', `You have no passkey ${id}.`);
  if (passkeys.length === 1 && !(canUseProvider && identities.length > 0))
    throw new Failure(
      'status_does_not_allow',
      'This passkey is your only way to sign in. Nothing was removed. Add another one first.',
    );
  return passkey;
}

/** Removes a passkey of a person, who signed that. Its sessions end at once, and a mail tells them. */
export async function removeOwnPasskey(
  tx: Database,
  { actorId, actorCode }: Owner,
  { id, name, signatureId }: { id: string; name: string; signatureId: string },
): Promise<void> {
  if (!(await removePasskey(tx, id, actorId))) throw new Failure('not_found', `You have no passkey ${id}.`);
  await addAuditEntry(tx, {
    actorId,
    action: 'passkey.remove',
    subject: `actor/${actorCode}`,
    detail: { passkey: id, ...signedBy(signatureId) },
  });
  await tellOfSignIn(tx, actorId, { id, change: 'removed', name });
}

/** Gives a passkey of a person another name, by which they know it again. Throws Failure `not_found`. */
export const renameOwnPasskey = (
  db: Database,
  { actorId, actorCode }: Owner,
  { id, name }: { id: string; name: string },
): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await renamePasskey(tx, id, actorId, name))) throw new Failure('not_found', `You have no passkey ${id}.`);
    const detail = { passkey: id };
    await addAuditEntry(tx, { actorId, action: 'passkey.rename', subject: `actor/${actorCode}`, detail });
  });
