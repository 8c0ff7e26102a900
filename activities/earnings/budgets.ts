import type { Database } from '../../db/database.ts';
import { lockSpentBudgets, type SpentBudget } from '../../db/programs/budgets.ts';
import { budgetNameOf } from '../../domain/earnings/budget-name.ts';
import { type Payable, type Purse, purseOf } from '../../domain/earnings/budget.ts';
import type { Scope } from '../../domain/earnings/scope-state.ts';
import type { Rating } from '../../domain/earnings/rating.ts';
import type { Target } from '../../domain/earnings/target.ts';
import { budgetsOf, type PlanTerms } from '../../domain/programs/plan.ts';

/** The budgets that pay what the events of a page earn. */
export type Budgets = {
  readonly purseFor: (payable: Payable) => Purse;
  /** The people who created a budget or changed its amount. */
  readonly fundersOf: (budgetId: number) => readonly string[];
  /** The budgets from which something was paid, or to which something came back, as they are now. */
  readonly changed: () => readonly SpentBudget[];
};

/** Locks budgets of a program until the transaction ends. */
export async function lockBudgets(tx: Database, programId: number, codes: readonly string[]): Promise<Budgets> {
  const budgets = codes.length === 0 ? [] : await lockSpentBudgets(tx, programId, codes);
  const byCode = new Map(budgets.map((budget) => [budget.code, { ...budget }]));
  const before = new Map(budgets.map(({ code, usedMinor }) => [code, usedMinor]));
  return {
    purseFor({ budget: code, day }) {
      const budget = byCode.get(code);
      if (!budget) throw new RangeError(`budget ${code} was not read`);
      return purseOf(budget, day());
    },
    fundersOf: (budgetId) => budgets.find(({ id }) => id === budgetId)?.changedBy ?? [],
    changed: () => [...byCode.values()].filter(({ code, usedMinor }) => usedMinor !== before.get(code)),
  };
}

/** The things that may be paid on a page: new events, earlier ones that are changed, and windows. */
export type MayPay = {
  readonly targets: readonly Target[];
  readonly earlier: readonly { readonly rating: Rating }[];
  readonly scopes: Iterable<Scope>;
};

/** The codes of the budgets from which something may be paid, or to which something may come back. */
export const budgetsNamed = (
  { targets, earlier, scopes }: MayPay,
  termsOf: (versionId: number) => PlanTerms,
): string[] => [
  ...new Set([
    ...targets.flatMap(({ terms }) => terms.budget ?? []),
    ...earlier.flatMap(({ rating }) => budgetsOf(termsOf(rating.versionId))),
    ...[...scopes].flatMap((scope) => budgetNameOf(scope) ?? []),
  ]),
];
