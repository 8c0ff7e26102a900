import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { markClaimedByIdentity } from '../../db/people/claims.ts';
import { findIdentity, type Identity, insertIdentity, markIdentityUsed } from '../../db/people/identities.ts';
import { useChallenge } from '../../db/people/sessions.ts';
import { sha256 } from '../../domain/canonical.ts';
import { Failure } from '../../domain/errors.ts';
import { notSigned } from './passkeys.ts';
import { beginSession, type Cookie, readInvitation } from './sessions.ts';
import { tellOfSignIn } from './sign-in-notices.ts';

/** An answer of a provider of identities that was verified, with the token that proves it and the key that verifies the token. */
export type ProvenIdentity = {
  issuer: string;
  subject: string;
  /** The name of the provider for people. */
  provider: string;
  idToken: string;
  key: Readonly<Record<string, string>>;
  /** The state that our question had, and when the question ends. */
  state: string;
  endsMs: number;
};

type Door = { userAgent: string | null };

/** Each question to a provider is answered once. Throws Failure `not_authenticated` for the second answer. */
export async function useAnswer(
  tx: Database,
  { state, endsMs }: Pick<ProvenIdentity, 'state' | 'endsMs'>,
): Promise<void> {
  if (!(await useChallenge(tx, sha256(state), endsMs)))
    throw notSigned('This answer of your provider was used already. Nothing was done. Sign in again.');
}

/** Signs a person in by their account at a provider. Throws Failure `identity_not_known` where nobody has this account. */
export const signInByIdentity = (db: Database, { userAgent }: Door, proven: ProvenIdentity): Promise<Cookie> =>
  db.transaction(async (tx) => {
    await useAnswer(tx, proven);
    const { id, actorId } = await getIdentity(tx, proven);
    await markIdentityUsed(tx, id);
    return beginSession(tx, { actorId, means: { identityId: id }, userAgent });
  });

/** The person's account that a provider named. Throws Failure `identity_not_known`. */
export async function getIdentity(
  db: Database,
  proven: Pick<ProvenIdentity, 'issuer' | 'subject' | 'provider'>,
): Promise<Identity> {
  const identity = await findIdentity(db, proven);
  if (identity) return identity;
  throw new Failure(
    'identity_not_known',
    `${proven.provider} knows you, but nobody here has your account at ${proven.provider}. Nothing was done. If you were invited, open the link in your mail and choose “Continue with ${proven.provider}” there. Otherwise ask an operator for a new link.`,
  );
}

/**
 * Binds an account at a provider to the person who opened the link in their mail, uses the link up, and signs the person in. No address
 * is compared: the link is the proof. Throws Failure `claim_not_valid`, and `already_exists` if somebody else has the account.
 */
export const acceptInvitationByIdentity = (
  db: Database,
  { userAgent }: Door,
  token: string,
  proven: ProvenIdentity,
): Promise<Cookie> =>
  db.transaction(async (tx) => {
    await useAnswer(tx, proven);
    const claim = await readInvitation(tx, token);
    const known = await findIdentity(tx, proven);
    if (known && known.actorId !== claim.actorId)
      throw new Failure(
        'already_exists',
        `Your account at ${proven.provider} belongs to another person here. Nothing was changed, and your link still works.`,
      );
    const id = known?.id ?? (await bind(tx, claim, proven));
    await markClaimedByIdentity(tx, claim.id, id);
    await markIdentityUsed(tx, id);
    return beginSession(tx, { actorId: claim.actorId, means: { identityId: id }, userAgent });
  });

async function bind(
  tx: Database,
  { actorId, actor, grantId }: { actorId: string; actor: string; grantId: string },
  { issuer, subject, provider }: ProvenIdentity,
): Promise<string> {
  const id = await insertIdentity(tx, { actorId, issuer, subject });
  if (id === null)
    throw new Failure('already_exists', 'This account belongs to somebody else here. Nothing was changed.');
  const detail = { identity: id, issuer, grant: grantId };
  await addAuditEntry(tx, { actorId, action: 'identity.bind', subject: `actor/${actor}`, detail });
  await tellOfSignIn(tx, actorId, { id, change: 'bound', name: provider });
  return id;
}
