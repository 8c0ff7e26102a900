import type { Database } from '../../db/database.ts';
import { getPayer, insertPayer, type NewPayer, type Payer, updatePayer } from '../../db/payers/payers.ts';
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

export type PayerChange = { name?: string | undefined; address?: NewPayer['address'] | undefined };

/** Changes a payer's name or address, as they are printed on the checks from then on. Throws Failure `not_found`. */
export const changePayer = (db: Database, code: string, change: PayerChange, by: string): Promise<Payer> =>
  db.transaction(async (tx) => {
    const before = await getPayer(tx, code);
    const { name = before.name, address = before.address } = change;
    const changed = await updatePayer(tx, before.id, { name, address });
    const detail = { fields: Object.keys(change).join(' ') };
    await addAuditEntry(tx, { actorId: by, action: 'payer.change', subject: `payer/${code}`, detail });
    return changed;
  });
