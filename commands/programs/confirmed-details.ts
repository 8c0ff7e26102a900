import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { getProgram, updateConfirmsDetails } from '../../db/programs/programs.ts';

/** Says whether changed payout details of a program's partners wait for a call of a second person. Throws Failure `not_found`. */
export const setConfirmedDetails = (
  db: Database,
  code: string,
  confirmsDetails: boolean,
  { by, signatureId }: { by: string; signatureId?: string },
): Promise<void> =>
  db.transaction(async (tx) => {
    const { id } = await getProgram(tx, code);
    await updateConfirmsDetails(tx, id, confirmsDetails);
    const detail = { confirmsDetails, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'program.confirmed_details', subject: `program/${code}`, detail });
  });
