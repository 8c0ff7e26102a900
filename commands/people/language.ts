import type { Database } from '../../db/database.ts';
import { saveLanguage } from '../../db/people/actors.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { Language } from '../../domain/language.ts';

/** Keeps the language that a person reads in pages and mail. Null lets their browser choose, and mail is then in English. */
export const chooseLanguage = (db: Database, actorId: string, language: Language | null): Promise<void> =>
  db.transaction(async (tx) => {
    await saveLanguage(tx, actorId, language);
    await addAuditEntry(tx, { actorId, action: 'language.choose', subject: `actor/${actorId}`, detail: { language } });
  });
