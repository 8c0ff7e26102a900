import type { Database } from '../../db/database.ts';
import {
  insertPartnerMinimum,
  listPartnerMinimums,
  type NewPartnerMinimum,
  type PartnerMinimum,
} from '../../db/partners/minimums.ts';
import { getPartner, lockPartners } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';

/** Agrees a minimum payout with a partner, or ends it. Every later draft uses it. Returns the minimums that count. Throws Failure `not_found`. */
export const setPartnerMinimum = (
  db: Database,
  code: string,
  wish: NewPartnerMinimum,
): Promise<readonly PartnerMinimum[]> =>
  db.transaction(async (tx) => {
    const { id } = await getPartner(tx, code);
    await lockPartners(tx, [id]);
    await insertPartnerMinimum(tx, id, wish);
    const { currency, minor, reason, by } = wish;
    const detail = { currency, minimum: minor === null ? 'that of the schedule' : String(minor), reason };
    await addAuditEntry(tx, { actorId: by, action: 'partner.minimum', subject: `partner/${code}`, detail });
    return listPartnerMinimums(tx, id);
  });
