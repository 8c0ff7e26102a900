import { sql } from 'slonik';
import { z } from 'zod';

import { POLICY_SUBJECTS } from '../../domain/programs/policies.ts';
import type { Database } from '../database.ts';

const OverdueRow = z.strictObject({ subject: z.enum(POLICY_SUBJECTS), id: z.string() });

/** The deals, requests and claims at which somebody should have looked by now, the longest overdue first. */
export const listOverdueDecisions = (db: Database, limit: number): Promise<readonly z.infer<typeof OverdueRow>[]> =>
  db.any(sql.type(OverdueRow)`
    select subject, id from (
      (select 'deal' as subject, id, due_at from deal where due_at <= now() order by due_at, id limit ${limit})
      union all
      (select 'request', id, due_at from partner_request where due_at <= now() order by due_at, id limit ${limit})
      union all
      (select 'claim', id, due_at from fund_claim where due_at <= now() order by due_at, id limit ${limit})
    ) overdue order by due_at, id limit ${limit}`);
