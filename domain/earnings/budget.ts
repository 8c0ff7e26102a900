import { formatMoney, money } from '../money.ts';
import { incentiveOf, type PlanTerms } from '../programs/plan.ts';
import type { UnitCode } from '../unit.ts';
import type { ScopeName } from './target.ts';

/** A budget pays what an incentive earns as long as something is left. The rest of the worth is kept as not paid. */

/** The differences that a change makes to what is paid and to what is not, in minor units. Together they are that of the worth. */
export type Funded = {
  readonly minor: bigint;
  readonly unfundedMinor: bigint;
  /** The budget. Null where none pays. */
  readonly budgetId: number | null;
};

/** A difference of worth that a budget is to pay. */
export type Payable = {
  /** The code of the budget. */
  readonly budget: string;
  /** The event that it is about. */
  readonly originId: bigint;
  readonly incentiveId: string;
  readonly versionId: number;
  readonly sinceMs: number;
  /** The window that it is about. Null where the event is paid by itself. */
  readonly scope: ScopeName | null;
  /** In minor units. */
  readonly difference: bigint;
  /** The local date of the event or, where a window is closed, the last one of the window. */
  readonly day: () => string;
};

/** The money that a budget has for a difference of worth. */
export type Purse = {
  readonly budgetId: number;
  /** The most that it pays now, in minor units. Never below 0. */
  readonly left: bigint;
  /** Takes an amount from it, or gives it back where it is below 0. */
  readonly take: (minor: bigint) => void;
};

/**
 * Splits a difference of worth. More worth is paid as far as something is left. Less worth first takes from what was not paid, and only the
 * rest is taken back, so that it is free again.
 */
export function fund(difference: bigint, unfunded: bigint, { budgetId, left, take }: Purse): Funded {
  const unfundedMinor = difference > 0n ? difference - least(difference, left) : -least(unfunded, -difference);
  const minor = difference - unfundedMinor;
  take(minor);
  return { minor, unfundedMinor, budgetId };
}

/** The terms by which worth is earned, and the budgets that they name. */
export type PaysBudgets = {
  readonly termsOf: (versionId: number) => PlanTerms;
  readonly purseFor: (payable: Payable) => Purse;
};

/** Pays a difference of worth, as far as the budget that its terms name has something left. */
export function payDifference(
  payable: Omit<Payable, 'budget'>,
  unfunded: bigint,
  { termsOf, purseFor }: PaysBudgets,
): Funded {
  const { budget } = incentiveOf(termsOf(payable.versionId), payable.incentiveId);
  if (budget === undefined) return { minor: payable.difference, unfundedMinor: 0n, budgetId: null };
  return fund(payable.difference, unfunded, purseFor({ ...payable, budget }));
}

/** Adds a difference of worth to what a window has earned, as far as its budget pays it. */
export function addWorth(
  scope: ScopeName & { earnedMinor: bigint; unfundedMinor: bigint },
  payable: Omit<Payable, 'budget' | 'scope'>,
  budgets: PaysBudgets,
): Funded {
  const funded = payDifference({ ...payable, scope }, scope.unfundedMinor, budgets);
  scope.earnedMinor += funded.minor;
  scope.unfundedMinor += funded.unfundedMinor;
  return funded;
}

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other);

/** A budget of a program, while a page uses it. Amounts are minor units. */
export type Budget = {
  readonly id: number;
  readonly code: string;
  readonly amountMinor: bigint;
  usedMinor: bigint;
  /** The local dates whose events it pays. Null where it has no such bound. */
  readonly from: string | null;
  readonly until: string | null;
  readonly isClosed: boolean;
};

/** Whether a budget pays the events of a local day. */
export const isFor = ({ from, until }: Pick<Budget, 'from' | 'until'>, day: string): boolean =>
  (from === null || from <= day) && (until === null || day < until);

/** The money that a budget has for an event of a day. A closed one pays nothing more, and still takes money back. */
export function purseOf(budget: Budget, day: string): Purse {
  const { id, amountMinor, usedMinor, isClosed } = budget;
  const pays = !isClosed && isFor(budget, day);
  return {
    budgetId: id,
    left: pays ? amountMinor - usedMinor : 0n,
    take: (minor) => void (budget.usedMinor += minor),
  };
}

/** The parts of a budget, in percent, at which people are told that so much is used. */
const LEVELS = [80, 100] as const;

/** The highest of these parts that is used. Undefined where it is less than all of them. */
export const levelOf = ({ amountMinor, usedMinor }: Pick<Budget, 'amountMinor' | 'usedMinor'>): number | undefined =>
  LEVELS.findLast((level) => usedMinor * 100n >= amountMinor * BigInt(level));

/** The days whose events a budget pays, such as `from 2026-03-01 until 2026-06-01`. Undefined where it pays those of all days. */
export const daysOf = ({ from, until }: Pick<Budget, 'from' | 'until'>): string | undefined =>
  [from && `from ${from}`, until && `until ${until}`].filter(Boolean).join(' ') || undefined;

/** The part of a stored earning that is about its budget. */
export type ByBudget = {
  /** The change of what the budget did not pay. Null where it has no budget. */
  readonly unfunded: bigint | null;
  /** The days of the budget. Null where it has no budget. */
  readonly budgetDays: Pick<Budget, 'from' | 'until'> | null;
};
type Paid = ByBudget & { readonly minor: bigint; readonly currency: UnitCode };

/** Says what a budget paid of a difference of worth. */
export function budgetWords({ unfunded, minor, currency, budgetDays }: Paid, code: string | undefined): string[] {
  if (code === undefined || unfunded === null || (minor === 0n && unfunded === 0n)) return [];
  const print = (amount: bigint) => formatMoney(money(amount, currency));
  const days = budgetDays && daysOf(budgetDays);
  if (unfunded > 0n)
    return [
      `the budget ${code} had ${minor > 0n ? `only ${print(minor)}` : 'nothing'} left, so ${print(unfunded)} was not paid`,
      ...(days ? [`the budget ${code} pays only for days ${days}`] : []),
    ];
  if (unfunded < 0n)
    return [`the budget ${code} never paid ${print(-unfunded)} of that, so ${print(-minor)} is taken back`];
  return [minor > 0n ? `the budget ${code} pays it` : `the budget ${code} gets it back`];
}

type Was = { readonly minor: bigint; readonly unfunded?: bigint };

/** An earning at what it is worth, whatever a budget paid of it. */
export const inWorth = <E extends { minor: bigint; unfunded: bigint | null; before: Was | null }>(earning: E): E => ({
  ...earning,
  unfunded: null,
  minor: earning.minor + (earning.unfunded ?? 0n),
  before: earning.before && { ...earning.before, minor: earning.before.minor + (earning.before.unfunded ?? 0n) },
});

/** The worth before, which is what was earned before unless a budget did not pay all of it. */
export const lessBefore = (before: Was, minor: bigint, currency: UnitCode): string =>
  `less ${formatMoney(money(before.minor, currency))} ${before.unfunded ? 'of worth' : 'earned'} before: ${formatMoney(money(minor, currency))}`;
