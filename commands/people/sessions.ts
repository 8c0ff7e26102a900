import { randomBytes } from 'node:crypto';

import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { lockOpenClaim, markClaimedByPasskey } from '../../db/people/claims.ts';
import { endSession, endSessionsOf, insertSession, type Means, useChallenge } from '../../db/people/sessions.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure } from '../../domain/errors.ts';
import { SECRET_BYTES } from '../../domain/people/api-key.ts';
import { isClaimToken } from '../../domain/people/claim-token.ts';
import { keepPasskey, notSigned, readSignIn, type Site } from './passkeys.ts';
import { tellOfSignIn } from './sign-in-notices.ts';

/** The value of a session's cookie. It is given to the browser once, and only its hash is kept. */
export type Cookie = string;
export type Door = { vault: VaultKeys; site: Site; userAgent: string | null };

const FIRST_PASSKEY = 'made with the link in your mail';
export const NO_CLAIM =
  'This link is unknown, was used, or is too old. Nothing was changed. Ask an operator to send you a new link.';

const HAS_PASSKEY =
  'You can sign in already, so this link makes no other passkey. Nothing was changed. Sign in. If you lost your passkey, ask an operator to report the loss. The link still gives a key of the API.';

/** The person and the role that an invitation is for. Throws Failure `claim_not_valid`. */
export const readInvitation = async (db: Database, token: string) => {
  const claim = isClaimToken(token) ? await lockOpenClaim(db, token) : null;
  if (!claim) throw new Failure('claim_not_valid', NO_CLAIM);
  if (claim.kind === 'system')
    throw new Failure(
      'claim_not_valid',
      `${claim.actor} is a system, and only people sign in. The link was not used. Take the key with the command in the mail.`,
    );
  if (!claim.makesPasskey) throw new Failure('not_allowed', HAS_PASSKEY);
  return claim;
};

/**
 * Keeps the first passkey of a person who opened the link in their mail, uses the link up, and signs the person in. Throws Failure
 * `claim_not_valid` or `not_authenticated`.
 */
export const acceptInvitation = (
  db: Database,
  { vault, site, userAgent }: Door,
  token: string,
  response: RegistrationResponseJSON,
): Promise<Cookie> =>
  db.transaction(async (tx) => {
    const claim = await readInvitation(tx, token);
    const passkeyId = await keepPasskey(tx, vault, site, { actorId: claim.actorId }, response);
    await markClaimedByPasskey(tx, claim.id, passkeyId);
    await addAuditEntry(tx, {
      actorId: claim.actorId,
      action: 'passkey.add',
      subject: `actor/${claim.actor}`,
      detail: { passkey: passkeyId, grant: claim.grantId },
    });
    await tellOfSignIn(tx, claim.actorId, { id: passkeyId, change: 'added', name: FIRST_PASSKEY });
    return beginSession(tx, { actorId: claim.actorId, means: { passkeyId }, userAgent });
  });

/** Signs a person in with their passkey. Each answer of a browser gives one session. Throws Failure `not_authenticated`. */
export const signIn = (
  db: Database,
  { vault, site, userAgent }: Door,
  response: AuthenticationResponseJSON,
): Promise<Cookie> =>
  db.transaction(async (tx) => {
    const { passkey, challenge, endsMs } = await readSignIn(tx, vault, site, response);
    if (!(await useChallenge(tx, challenge, endsMs)))
      throw notSigned('Your passkey signed this page already. Nothing was changed. Open the page again.');
    return beginSession(tx, { actorId: passkey.actorId, means: { passkeyId: passkey.id }, userAgent });
  });

/** Begins a session, and returns the value of its cookie. */
export async function beginSession(
  tx: Database,
  person: { actorId: string; means: Means; userAgent: string | null },
): Promise<Cookie> {
  const token = randomBytes(SECRET_BYTES).toString('base64url');
  const id = await insertSession(tx, { ...person, token });
  await addAuditEntry(tx, { actorId: person.actorId, action: 'session.begin', subject: `session/${id}` });
  return token;
}

/** Ends a session of a person. Safe to repeat. */
export const signOut = (db: Database, sessionId: string, actorId: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (await endSession(tx, sessionId, actorId))
      await addAuditEntry(tx, { actorId, action: 'session.end', subject: `session/${sessionId}` });
  });

/** Ends every session of a person, for an operator. Their passkeys stay. */
export const endAllSessions = (db: Database, { id, code }: { id: string; code: string }, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    const count = await endSessionsOf(tx, id);
    await addAuditEntry(tx, { actorId: by, action: 'session.end_all', subject: `actor/${code}`, detail: { count } });
  });
