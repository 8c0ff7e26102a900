import { randomBytes } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { findActorByMailbox, isOfCompany } from '../../db/people/actors.ts';
import { getGrant, type Grant, holdsRole } from '../../db/people/grants.ts';
import { hasOtherOwner } from '../../db/people/partner-people.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure, refused } from '../../domain/errors.ts';
import type { Access } from '../../domain/people/grant.ts';
import { addActor } from '../people/actors.ts';
import { proposeGrant, revokeGrant } from '../people/grants.ts';

export type UserWish = { name: string; email: string; access: Access };

const CODE_BYTES = 6;

/**
 * Invites a person to the portal of a partner, and mails them their link. A person who is known by the address keeps their name. Throws
 * Failure `invalid_input` for the address of a colleague: the access would keep that person from deciding about the partner.
 */
export const inviteUser = (
  db: Database,
  vault: VaultKeys,
  partner: Pick<Partner, 'id'>,
  { name, email, access }: UserWish,
  { by, signatureId }: { by: string; signatureId: string },
): Promise<Grant> =>
  db.transaction(async (tx) => {
    const known = await findActorByMailbox(tx, email);
    if (known && (await isOfCompany(tx, known.id))) throw refused('email', 'cannot be invited: use another address');
    const code = `user-${randomBytes(CODE_BYTES).toString('hex')}`;
    const actor = known ?? (await addActor(tx, { code, name, email }, by));
    return proposeGrant(
      tx,
      vault,
      { actor, role: 'partner', partnerId: partner.id, access, expiresAt: null, signatureId },
      by,
    );
  });

/** A person's access to the portal of a partner. Throws Failure `not_found`, also where it is access to something else. */
async function getAccess(db: Database, partner: Pick<Partner, 'code'>, grantId: string): Promise<Grant> {
  const grant = await getGrant(db, grantId);
  if (grant.partner === partner.code && grant.status === 'confirmed') return grant;
  throw new Failure('not_found', `There is no grant ${grantId}.`);
}

/**
 * Ends the access of a person to the portal of a partner at once. Throws Failure `not_found`, and `not_allowed` for the last owner who can
 * sign in, unless an operator of the company does it.
 */
export const removeUser = (
  db: Database,
  partner: Pick<Partner, 'id' | 'code'>,
  grantId: string,
  by: string,
): Promise<void> =>
  db.transaction(async (tx) => {
    const grant = await getAccess(tx, partner, grantId);
    const isLast = grant.access === 'owner' && !(await hasOtherOwner(tx, partner.id, grant.actorId));
    if (isLast && !(await holdsRole(tx, by, 'operator')))
      throw new Failure(
        'not_allowed',
        `${grant.name} is the last owner who can sign in, so nobody could act for the partner. Nothing was changed. Invite another owner first.`,
      );
    await revokeGrant(tx, grantId, by);
  });
