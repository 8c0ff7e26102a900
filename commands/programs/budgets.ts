import type { Database } from '../../db/database.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import {
  type Budget,
  getBudget,
  insertBudget,
  listBudgetsNamed,
  lockBudget,
  type NewBudget,
  type NewBudgetChange,
  recordBudgetChange,
  saveSpent,
  type SpentBudget,
} from '../../db/programs/budgets.ts';
import type { Program } from '../../db/programs/programs.ts';
import { readUnits } from '../../db/programs/units.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { levelOf } from '../../domain/earnings/budget.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { formatMoney, money } from '../../domain/money.ts';
import { isPoints, type UnitCode } from '../../domain/unit.ts';

export type BudgetWish = NewBudget & { readonly reason: string };

/** Adds a budget to a program. Throws Failure `already_exists`, or `invalid_input` where the unit is not one of the program. */
export const addBudget = (
  db: Database,
  program: Program,
  wish: BudgetWish,
  by: string,
  signatureId?: string,
): Promise<Budget> =>
  db.transaction(async (tx) => {
    await refuseUnit(tx, program, wish.unit);
    const id = await insertBudget(tx, program.id, wish);
    if (id === null)
      throw new Failure(
        'already_exists',
        `Program ${program.code} already has a budget ${wish.code}. Nothing was added. Change its amount, or use another code.`,
      );
    return change(
      tx,
      await getBudget(tx, program.code, wish.code),
      { ...wish, kind: 'created', no: 1 },
      { by, signatureId },
    );
  });

async function refuseUnit(tx: Database, program: Program, unit: UnitCode): Promise<void> {
  if (!isPoints(unit)) return;
  const [known] = await readUnits(tx, [unit]);
  if (known?.programId !== program.id) throw refused('unit', `is not a unit of program ${program.code}`);
  if (known.retiredAt) throw refused('unit', 'is retired');
}

export type BudgetName = { readonly program: string; readonly code: string };

/**
 * Raises or lowers a budget. A raised one pays for later events, and earlier ones stay as they are. The amount that it has makes no change.
 * Throws Failure `not_found`, `budget_closed`, or `invalid_input` where more is used already.
 */
export const setBudgetAmount = (
  db: Database,
  { program, code }: BudgetName,
  { amountMinor, reason }: { amountMinor: bigint; reason: string },
  by: string,
  signatureId?: string,
): Promise<Budget> =>
  db.transaction(async (tx) => {
    const budget = await lockOpen(tx, { program, code });
    if (amountMinor < budget.usedMinor)
      throw refused(
        'amount',
        `is less than ${formatMoney(money(budget.usedMinor, budget.unit))}, which is used already`,
      );
    if (amountMinor === budget.amountMinor) return budget;
    const kind = amountMinor > budget.amountMinor ? 'raised' : 'lowered';
    return change(tx, budget, { no: budget.changeNo + 1, kind, amountMinor, reason }, { by, signatureId });
  });

/**
 * Closes a budget for good: it pays nothing more. Money that is taken back still comes back to it. Throws Failure `not_found` or
 * `budget_closed`.
 */
export const closeBudget = (
  db: Database,
  name: BudgetName,
  reason: string,
  by: string,
  signatureId?: string,
): Promise<Budget> =>
  db.transaction(async (tx) => {
    const budget = await lockOpen(tx, name);
    const { changeNo, amountMinor } = budget;
    return change(tx, budget, { no: changeNo + 1, kind: 'closed', amountMinor, reason }, { by, signatureId });
  });

async function lockOpen(tx: Database, { program, code }: BudgetName): Promise<Budget> {
  const budget = await lockBudget(tx, program, code);
  if (budget.closedAt)
    throw new Failure('budget_closed', `The budget ${code} is closed. Nothing was changed. Add another budget.`);
  return budget;
}

async function change(
  tx: Database,
  { id, program, code }: Budget,
  wish: NewBudgetChange,
  { by, signatureId }: { by: string; signatureId: string | undefined },
): Promise<Budget> {
  await recordBudgetChange(tx, id, wish, by);
  const budget = await getBudget(tx, program, code);
  const { kind, reason } = wish;
  const detail = { amount: formatMoney(money(budget.amountMinor, budget.unit)), reason, ...signedBy(signatureId) };
  await addAuditEntry(tx, {
    actorId: by,
    action: `budget.${kind}`,
    subject: `program/${program}/budget/${code}`,
    detail,
  });
  if (kind === 'lowered') await tellOfUse(tx, [budget]);
  return budget;
}

/** Writes what budgets have paid, while they are locked, and tells finance where much of one is used. */
export async function spendBudgets(tx: Database, programId: number, spent: readonly SpentBudget[]): Promise<void> {
  await saveSpent(tx, spent);
  const told = spent.filter((budget) => levelOf(budget) !== undefined);
  if (told.length === 0) return;
  await tellOfUse(
    tx,
    await listBudgetsNamed(
      tx,
      programId,
      told.map(({ code }) => code),
    ),
  );
}

/** Tells finance once of each level that is reached for each amount. An amount that was changed is told of again. */
async function tellOfUse(tx: Database, budgets: readonly Budget[]): Promise<void> {
  for (const budget of budgets) {
    const { id, changeNo, program, code, title, unit, usedMinor, amountMinor } = budget;
    const percent = levelOf(budget);
    if (percent === undefined) continue;
    const print = (minor: bigint) => formatMoney(money(minor, unit));
    await addNotification(tx, {
      kind: 'budget_used',
      dedupeKey: `budget_used/${id}/${changeNo}/${percent}`,
      audience: 'finance',
      partnerId: null,
      body: { program, budget: code, title, percent, used: print(usedMinor), amount: print(amountMinor) },
    });
  }
}
