import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { getProgram, lockProgram, readIntakeRules, updateIntakeRules } from '../../db/programs/programs.ts';
import type { IntakeRules } from '../../domain/programs/intake-rules.ts';

/** Says how a program takes in events from now on. Rules that are left out stay. Throws Failure `not_found`. */
export const changeIntakeRules = (
  db: Database,
  code: string,
  change: Partial<IntakeRules>,
  by: string,
): Promise<IntakeRules> =>
  db.transaction(async (tx) => {
    const { id } = await getProgram(tx, code);
    await lockProgram(tx, id);
    const rules = { ...(await readIntakeRules(tx, id)), ...change };
    await updateIntakeRules(tx, id, rules);
    await addAuditEntry(tx, { actorId: by, action: 'program.intake_rules', subject: `program/${code}`, detail: rules });
    return rules;
  });
