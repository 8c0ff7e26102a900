import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertProgram, type NewProgram, type Program } from '../../db/programs/programs.ts';
import { Failure } from '../../domain/errors.ts';

/** Adds a program to a pay schedule. Throws Failure `already_exists`. */
export const addProgram = (db: Database, program: NewProgram, by: string): Promise<Program> =>
  db.transaction(async (tx) => {
    const added = await insertProgram(tx, program);
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already a program ${program.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'program.add', subject: `program/${program.code}` });
    return added;
  });
