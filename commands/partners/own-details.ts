import type { Database } from '../../db/database.ts';
import type { Instrument } from '../../db/partners/instruments.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import type { Destination } from '../../domain/partners/destination.ts';
import { detailsStatement, type Statement } from '../../domain/people/statement.ts';
import { keepSignature, type Signed, type SigningPlace } from '../people/signatures.ts';
import { addInstrument } from './instruments.ts';

/** Payment details that a partner gives with their own hands. */
export type OwnDetails = {
  partner: Pick<Partner, 'id' | 'code' | 'country'>;
  destination: Destination;
  actorId: string;
};

/** The sentence that a person signs for details. */
export const ownDetailsStatement = (vault: VaultKeys, { partner, destination }: OwnDetails): Statement =>
  detailsStatement({
    partner: partner.code,
    mark: Buffer.from(fingerprint(vault, `details/${canonicalJson(destination)}`)).toString('hex'),
  });

/**
 * Adds payment details that a person of the partner signed, so that a stolen session alone redirects no money. They wait as all changed
 * details do. Throws Failure `not_authenticated`, and `already_exists` for a signature that was used.
 */
export const giveOwnDetails = (
  db: Database,
  place: SigningPlace,
  details: OwnDetails,
  { signed, coolingOffDays }: { signed: Signed; coolingOffDays: number },
): Promise<Instrument> =>
  db.transaction(async (tx) => {
    const { partner, destination, actorId } = details;
    const signer = { actorId, statement: ownDetailsStatement(place.vault, details) };
    const signatureId = await keepSignature(tx, place, signer, signed);
    const policy = { coolingOffDays, by: actorId, givenBy: 'partner', signatureId } as const;
    return addInstrument(tx, place.vault, { partner, destination }, policy);
  });
