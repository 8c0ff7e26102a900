import type { AuthenticationResponseJSON } from '@simplewebauthn/server';

import type { Database } from '../../db/database.ts';
import type { Instrument } from '../../db/partners/instruments.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import type { Destination } from '../../domain/partners/destination.ts';
import { detailsStatement, type Statement } from '../../domain/people/statement.ts';
import { askToSign, keepSignature, type Site } from '../people/passkeys.ts';
import { addInstrument } from './instruments.ts';

/** Payment details that a partner gives with their own hands. */
export type OwnDetails = {
  partner: Pick<Partner, 'id' | 'code' | 'country'>;
  destination: Destination;
  actorId: string;
};

const statementOf = (vault: VaultKeys, { partner, destination }: OwnDetails): Statement =>
  detailsStatement({
    partner: partner.code,
    mark: Buffer.from(fingerprint(vault, `details/${canonicalJson(destination)}`)).toString('hex'),
  });

/** The question to a browser for the signature under payment details, and the nonce of the sentence that it signs. */
export const askToGiveDetails = (db: Database, vault: VaultKeys, site: Site, details: OwnDetails) =>
  askToSign(db, vault, site, { actorId: details.actorId, statement: statementOf(vault, details) });

/**
 * Adds payment details that a person of the partner signed, so that a stolen session alone redirects no money. They wait as all changed
 * details do. Throws Failure `not_authenticated`, and `already_exists` for a signature that was used.
 */
export const giveOwnDetails = (
  db: Database,
  vault: VaultKeys,
  site: Site,
  details: OwnDetails,
  signed: { nonce: string; answer: AuthenticationResponseJSON; coolingOffDays: number },
): Promise<Instrument> =>
  db.transaction(async (tx) => {
    const { partner, destination, actorId } = details;
    const statement = statementOf(vault, details);
    const signatureId = await keepSignature(
      tx,
      vault,
      site,
      { actorId, nonce: signed.nonce, statement },
      signed.answer,
    );
    const policy = { coolingOffDays: signed.coolingOffDays, by: actorId, givenBy: 'partner', signatureId } as const;
    return addInstrument(tx, vault, { partner, destination }, policy);
  });
