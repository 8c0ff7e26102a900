import { sql } from 'slonik';
import { z } from 'zod';

import type { UnitCode } from '../../domain/unit.ts';
import { Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The worth that a draft asks of the budgets that it names. */
export type BackTestNeed = {
  readonly partnerId: bigint;
  /** The code of the budget. */
  readonly budget: string;
  readonly unit: UnitCode;
  readonly neededMinor: bigint;
};

/** Writes what the earnings of some partners need. Called once for each partner, with the other sums. */
export const insertBackTestNeeds = (db: Database, id: string, needs: readonly BackTestNeed[]) =>
  db.query(sql.unsafe`
    insert into back_test_budget(back_test_id, partner_id, budget, unit, needed_minor)
    select ${id}::uuid, given.* from ${unnestColumns(
      ['int8', 'text', 'text', 'int8'],
      needs.map(({ partnerId, budget, unit, neededMinor }) => [partnerId, budget, unit, neededMinor]),
    )} as given`);

const TotalRow = z.strictObject({ budget: z.string(), unit: Unit, amountMinor: z.bigint(), neededMinor: z.bigint() });
export type BackTestBudget = z.infer<typeof TotalRow>;

/** The budgets that a draft names, with their amounts as they are now, and what the draft needs of them. */
export const listBackTestBudgets = (db: Database, id: string): Promise<readonly BackTestBudget[]> =>
  db.any(sql.type(TotalRow)`
    select budget.code as budget, budget.unit, budget.amount_minor as "amountMinor", needed.minor as "neededMinor"
    from (
      select budget, unit, sum(needed_minor)::bigint as minor from back_test_budget where back_test_id = ${id} group by budget, unit
    ) needed
    join back_test on back_test.id = ${id}
    join budget on budget.program_id = back_test.program_id and budget.code = needed.budget and budget.unit = needed.unit
    order by budget.code`);
