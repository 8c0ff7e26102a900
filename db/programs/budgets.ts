import { sql } from 'slonik';
import { z } from 'zod';

import type { Budget as Spent } from '../../domain/earnings/budget.ts';
import { Failure } from '../../domain/errors.ts';
import { Instant, LocalDate, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The budgets of programs, from which incentives are paid, each with the history of its amount. */

export const BUDGET_CHANGES = ['created', 'raised', 'lowered', 'closed'] as const;
export type BudgetChangeKind = (typeof BUDGET_CHANGES)[number];

const BudgetRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  program: z.string(),
  title: z.string(),
  unit: Unit,
  amountMinor: z.bigint(),
  usedMinor: z.bigint(),
  from: LocalDate.nullable(),
  until: LocalDate.nullable(),
  changeNo: z.number(),
  createdAt: Instant,
  closedAt: Instant.nullable(),
});
export type Budget = z.infer<typeof BudgetRow>;

const selectBudget = sql.fragment`
  select budget.id, budget.code, program.code as program, budget.title, budget.unit, budget.amount_minor as "amountMinor",
    budget.used_minor as "usedMinor", budget.starts_on as "from", budget.ends_on as until, budget.change_no as "changeNo",
    budget.created_at as "createdAt", budget.closed_at as "closedAt"
  from budget join program on program.id = budget.program_id`;

export type NewBudget = Pick<Budget, 'code' | 'title' | 'unit' | 'amountMinor' | 'from' | 'until'>;

/** Writes a budget. Returns its id, or null where the program has one of this code. Its first change follows. */
export const insertBudget = (
  db: Database,
  programId: number,
  { code, title, unit, amountMinor, from, until }: NewBudget,
): Promise<number | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ id: z.number() }))`
    insert into budget(program_id, code, title, unit, amount_minor, starts_on, ends_on)
    values (${programId}, ${code}, ${title}, ${unit}, ${amountMinor}, ${from}, ${until})
    on conflict (program_id, code) do nothing returning id`);

/** Throws Failure `not_found`. */
export async function getBudget(db: Database, program: string, code: string): Promise<Budget> {
  const found = await db.maybeOne(sql.type(BudgetRow)`
    ${selectBudget} where program.code = ${program} and budget.code = ${code}`);
  if (!found) throw new Failure('not_found', `Program ${program} has no budget ${code}. List its budgets.`);
  return found;
}

/** Reads a budget and locks it until the transaction ends, so that nothing is paid from it meanwhile. Throws Failure `not_found`. */
export async function lockBudget(db: Database, program: string, code: string): Promise<Budget> {
  const { id } = await getBudget(db, program, code);
  await db.query(sql.unsafe`select from budget where id = ${id} for no key update`);
  return getBudget(db, program, code);
}

/** The budgets of a program in the order of their codes, after a cursor. */
export const listBudgets = (
  db: Database,
  programId: number,
  after: string | null,
  limit: number,
): Promise<readonly Budget[]> =>
  db.any(sql.type(BudgetRow)`
    ${selectBudget} where budget.program_id = ${programId} and (${after}::text is null or budget.code > ${after})
    order by budget.code limit ${limit}`);

/** The budgets of a program that have these codes. */
export const listBudgetsNamed = (
  db: Database,
  programId: number,
  codes: readonly string[],
): Promise<readonly Budget[]> =>
  db.any(sql.type(BudgetRow)`
    ${selectBudget} where budget.program_id = ${programId} and budget.code = any(${sql.array([...codes], 'text')})
    order by budget.id`);

const ChangeRow = z.strictObject({
  no: z.number(),
  kind: z.enum(BUDGET_CHANGES),
  amountMinor: z.bigint(),
  reason: z.string(),
  by: z.string(),
  at: Instant,
});
export type BudgetChange = z.infer<typeof ChangeRow>;
export type NewBudgetChange = Pick<BudgetChange, 'no' | 'kind' | 'amountMinor' | 'reason'>;

/** Writes a change, and gives a locked budget its amount. */
export async function recordBudgetChange(
  db: Database,
  id: number,
  { no, kind, amountMinor, reason }: NewBudgetChange,
  by: string,
): Promise<void> {
  await db.query(sql.unsafe`
    insert into budget_change(budget_id, no, kind, amount_minor, reason, changed_by)
    values (${id}, ${no}, ${kind}, ${amountMinor}, ${reason}, ${by})`);
  if (kind !== 'created')
    await db.query(sql.unsafe`
      update budget set amount_minor = ${amountMinor}, change_no = ${no}, closed_at = case when ${kind} = 'closed' then now() end
      where id = ${id}`);
}

/** The changes of a budget, the newest first, before one of them. */
export const listBudgetChanges = (
  db: Database,
  id: number,
  before: number | null,
  limit: number,
): Promise<readonly BudgetChange[]> =>
  db.any(sql.type(ChangeRow)`
    select change.no, change.kind, change.amount_minor as "amountMinor", change.reason, actor.code as by, change.changed_at as at
    from budget_change change join actor on actor.id = change.changed_by
    where change.budget_id = ${id} and (${before}::int is null or change.no < ${before})
    order by change.no desc limit ${limit}`);

const SpentRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  amountMinor: z.bigint(),
  usedMinor: z.bigint(),
  from: LocalDate.nullable(),
  until: LocalDate.nullable(),
  isClosed: z.boolean(),
  /** The people who created it or changed its amount. */
  changedBy: z.array(z.string()),
});
export type SpentBudget = z.infer<typeof SpentRow> & Spent;

/**
 * Locks budgets of a program until the transaction ends, and reads them. All lock them in the order of their ids, so that two pages wait for
 * each other and never both at once.
 */
export async function lockSpentBudgets(
  db: Database,
  programId: number,
  codes: readonly string[],
): Promise<readonly SpentBudget[]> {
  const named = sql.fragment`budget.program_id = ${programId} and budget.code = any(${sql.array([...codes], 'text')})`;
  await db.query(sql.unsafe`select from budget where ${named} order by budget.id for no key update`);
  return db.any(sql.type(SpentRow)`
    select budget.id, budget.code, budget.amount_minor as "amountMinor", budget.used_minor as "usedMinor", budget.starts_on as "from",
      budget.ends_on as until, budget.closed_at is not null as "isClosed",
      array(select distinct changed_by from budget_change change where change.budget_id = budget.id) as "changedBy"
    from budget where ${named} order by budget.id`);
}

/** Writes what locked budgets have paid. */
export const saveSpent = (db: Database, budgets: readonly Pick<SpentBudget, 'id' | 'usedMinor'>[]) =>
  db.query(sql.unsafe`
    update budget set used_minor = given.used_minor
    from ${unnestColumns(
      ['int4', 'int8'],
      budgets.map(({ id, usedMinor }) => [id, usedMinor]),
    )} as given(id, used_minor)
    where budget.id = given.id`);
