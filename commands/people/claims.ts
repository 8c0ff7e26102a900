import type { Database } from '../../db/database.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { insertClaim, lockOpenClaim, markClaimed, newClaimId } from '../../db/people/claims.ts';
import { type Grant, lockGrant } from '../../db/people/grants.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { formatClaimToken, isClaimToken } from '../../domain/people/claim-token.ts';
import { CLAIM_HOURS, CLAIM_REMINDER_HOURS } from '../../domain/people/grant.ts';
import { roleInWords } from '../../domain/people/reach.ts';
import { type IssuedKey, issueKey } from './keys.ts';

/**
 * The token of a claim. The vault's key makes it, so that a mail that is sent twice says the same, and no row has to hold it: the database
 * keeps its hash alone.
 */
export const claimToken = (vault: VaultKeys, claimId: string): string =>
  formatClaimToken(fingerprint(vault, `key-claim/${claimId}`));

/** Makes the one-time token with which a person takes their key, and has it mailed to their address. Nobody else sees it. */
export async function sendClaim(
  tx: Database,
  vault: VaultKeys,
  grant: Pick<Grant, 'id' | 'actor' | 'name' | 'kind' | 'email' | 'role' | 'partner' | 'programs' | 'payers'>,
  by: string | null,
  signatureId: string | null = null,
): Promise<void> {
  const id = await newClaimId(tx);
  await insertClaim(tx, { id, grantId: grant.id, token: claimToken(vault, id), hours: CLAIM_HOURS, by, signatureId });
  const mail = { kind: 'key_claim', audience: 'person', partnerId: null, recipient: grant.email } as const;
  const { actor, name, kind, partner } = grant;
  const body = {
    claim: id,
    person: kind === 'person' ? name : actor,
    kind,
    role: roleInWords(grant),
    partner: partner ?? '',
  };
  await addNotification(tx, { ...mail, dedupeKey: `key_claim/${id}`, body: { ...body, hours: CLAIM_HOURS } });
  // The reminder waits. It is not sent if the link was used or replaced by then.
  await addNotification(tx, {
    ...mail,
    dedupeKey: `key_claim/${id}/reminder`,
    body: { ...body, hours: CLAIM_REMINDER_HOURS },
    waitMs: (CLAIM_HOURS - CLAIM_REMINDER_HOURS) * HOUR_MS,
  });
  await addAuditEntry(tx, {
    actorId: by,
    action: 'key.send_claim',
    subject: `actor/${grant.actor}`,
    detail: { grant: grant.id, role: grant.role, ...signedBy(signatureId) },
  });
}

/**
 * Sends a person a new link for a role that they hold, and returns its address. The link before it no longer works. Throws Failure
 * `grant_not_open`.
 */
export const sendClaimAgain = (
  db: Database,
  vault: VaultKeys,
  grantId: string,
  by: string,
  signatureId: string | null = null,
): Promise<string> =>
  db.transaction(async (tx) => {
    const grant = await lockGrant(tx, grantId);
    if (grant.status !== 'confirmed')
      throw new Failure(
        'grant_not_open',
        `The grant is ${grant.status}. No link was sent. Only a confirmed role has keys.`,
      );
    if (grant.email === null)
      throw new Failure('invalid_input', `${grant.actor} has no e-mail address. No link was sent.`, {
        details: [{ field: 'email', reason: 'is missing for this person' }],
      });
    await sendClaim(tx, vault, grant, by, signatureId);
    return grant.email;
  });

export type ClaimedKey = IssuedKey & { actor: string; role: Grant['role'] };

/** Gives a person their key, once, for the token that was mailed to them. Throws Failure `claim_not_valid`. */
export const claimKey = (db: Database, token: string): Promise<ClaimedKey> =>
  db.transaction(async (tx) => {
    const claim = isClaimToken(token) ? await lockOpenClaim(tx, token) : null;
    if (!claim)
      throw new Failure(
        'claim_not_valid',
        'This token is unknown, was used, or is too old. No key was made. Ask an operator to send you a new link.',
      );
    const issued = await issueKey(tx, claim, claim.actorId);
    await markClaimed(tx, claim.id, issued.id);
    return { ...issued, actor: claim.actor, role: claim.role };
  });
