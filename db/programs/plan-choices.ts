import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../database.ts';

const ChoiceRow = z.strictObject({ program: z.string(), name: z.string(), plan: z.string() });

/** The plans that a partner could be given, each with its program, in the order of the programs' names. */
export const listPlanChoices = (db: Database, limit: number): Promise<readonly z.infer<typeof ChoiceRow>[]> =>
  db.any(sql.type(ChoiceRow)`
    select program.code as program, program.name, plan.code as plan
    from plan join program on program.id = plan.program_id order by program.name, program.code, plan.code limit ${limit}`);
