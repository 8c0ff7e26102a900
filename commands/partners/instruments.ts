import type { Database } from '../../db/database.ts';
import {
  type Instrument,
  type InstrumentPolicy,
  insertInstruments,
  newInstrumentIds,
} from '../../db/partners/instruments.ts';
import { lockPartners, type Partner } from '../../db/partners/partners.ts';
import { addAuditEntries } from '../../db/people/audit.ts';
import { fingerprint, instrumentRecord, sealJson, type VaultKeys } from '../../db/vault.ts';
import { type Destination, summarize } from '../../domain/partners/destination.ts';
import type { Place } from '../../domain/partners/instrument.ts';

export type Payee = { partner: Pick<Partner, 'id' | 'country'>; destination: Destination; place?: Place };

/**
 * Adds one instrument of each partner, first in the partner's order unless `place` says otherwise. A partner's first one may be paid to
 * at once, and so may a correction before the first payment. Any other one waits, so that the owner of the earlier account can object,
 * because thieves steal payments by changing these details. The earlier instrument stays in use meanwhile.
 */
export const addInstruments = (
  db: Database,
  vault: VaultKeys,
  payees: readonly Payee[],
  policy: InstrumentPolicy,
): Promise<readonly Instrument[]> =>
  db.transaction(async (tx) => {
    // Two first versions from different hands at the same moment would both be usable at once. The lock on the partner's row puts them in order.
    await lockPartners(
      tx,
      payees.map(({ partner }) => partner.id),
    );
    const ids = await newInstrumentIds(tx, payees.length);
    const instruments = payees.map((payee, index) => sealedInstrument(vault, ids[index] ?? '', payee));
    const added = await insertInstruments(tx, vault.keyId, instruments, policy);
    await addAuditEntries(
      tx,
      added.map(({ id, method }) => ({
        actorId: policy.by,
        action: 'instrument.add',
        subject: `instrument/${id}`,
        detail: { method, ...(policy.signatureId ? { signature: policy.signatureId } : {}) },
      })),
    );
    return added;
  });

/** Adds one version of one partner's instrument. */
export async function addInstrument(
  db: Database,
  vault: VaultKeys,
  payee: Payee,
  policy: InstrumentPolicy,
): Promise<Instrument> {
  const [added] = await addInstruments(db, vault, [payee], policy);
  if (!added) throw new Error('The database returned no instrument.');
  return added;
}

function sealedInstrument(vault: VaultKeys, id: string, { partner, destination, place = 'first' }: Payee) {
  const { identity, ...shown } = summarize(destination, partner.country);
  return {
    ...shown,
    id,
    partnerId: partner.id,
    place,
    sealed: sealJson(vault, instrumentRecord(id), destination),
    fingerprint: fingerprint(vault, `${shown.method}/${identity}`),
  };
}
