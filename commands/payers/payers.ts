import type { Database } from '../../db/database.ts';
import { insertPayer, type NewPayer, type Payer } from '../../db/payers/payers.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';

/** Adds a legal entity that pays. Throws Failure `already_exists`. */
export const addPayer = (db: Database, payer: NewPayer, by: string): Promise<Payer> =>
  db.transaction(async (tx) => {
    const added = await insertPayer(tx, payer);
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already a payer ${payer.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'payer.add', subject: `payer/${payer.code}` });
    return added;
  });
