import type { Database } from '../../db/database.ts';
import { insertPartnerNote } from '../../db/partners/notes.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';

/** Writes a note about a partner, which nobody changes later. The partner never sees it. Throws Failure `not_found`. */
export const addPartnerNote = (db: Database, code: string, text: string, by: string): Promise<void> =>
  db.transaction(async (tx) => {
    const partner = await getPartner(tx, code);
    const note = await insertPartnerNote(tx, partner.id, { text, by });
    await addAuditEntry(tx, {
      actorId: by,
      action: 'partner.note',
      subject: `partner/${partner.code}`,
      detail: { note: String(note) },
    });
  });
