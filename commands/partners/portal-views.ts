import type { Database } from '../../db/database.ts';
import { addAuditEntry, hasAuditEntry } from '../../db/people/audit.ts';

/** Writes down that a person of the company looks at the portal of a partner, once in each session of theirs. */
export async function notePortalView(
  db: Database,
  code: string,
  { by, sessionId }: { by: string; sessionId: string },
): Promise<void> {
  const entry = { actorId: by, action: 'portal.view', subject: `partner/${code}`, detail: { session: sessionId } };
  if (!(await hasAuditEntry(db, entry))) await addAuditEntry(db, entry);
}
