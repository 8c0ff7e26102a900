import type { Database } from '../../db/database.ts';
import { getInstrument, type Instrument } from '../../db/partners/instruments.ts';
import type { Partner } from '../../db/partners/partners.ts';
import { clearInstrumentFailures } from '../../db/payouts/instrument-failures.ts';
import { addAuditEntry } from '../../db/people/audit.ts';

/**
 * Says that an instrument that failed can be paid to again, for example because the bank reopened the account. Throws Failure
 * `not_found`. Without an open failure, nothing changes.
 */
export const clearInstrument = (
  db: Database,
  partner: Pick<Partner, 'id'>,
  { id, reason, by }: { id: string; reason: string; by: string },
): Promise<Instrument> =>
  db.transaction(async (tx) => {
    await getInstrument(tx, partner.id, id);
    if (await clearInstrumentFailures(tx, id, { by, reason }))
      await addAuditEntry(tx, {
        actorId: by,
        action: 'instrument.clear_failure',
        subject: `instrument/${id}`,
        detail: { reason },
      });
    return getInstrument(tx, partner.id, id);
  });
