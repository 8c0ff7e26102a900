import type { Database } from '../../db/database.ts';
import { listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import { listRateSources } from '../../db/programs/exchange-rates.ts';
import { type Budget, listBudgetsNamed } from '../../db/programs/budgets.ts';
import type { Program } from '../../db/programs/programs.ts';
import { readUnits } from '../../db/programs/units.ts';
import { daysOf } from '../../domain/earnings/budget.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import type { RateSource } from '../../domain/programs/exchange-rate.ts';
import type { IncentiveTerms } from '../../domain/programs/incentives/index.ts';
import { CUSTOMER, CUSTOMERS } from '../../domain/programs/incentives/measure.ts';
import { budgetsOf, type PlanTerms } from '../../domain/programs/plan.ts';
import { pointsOfTerms, whyNotUnits } from '../../domain/programs/points.ts';

export const PLAN_NOT_ADDED = 'These terms cannot be used. Nothing was added. Correct the named fields.';

/**
 * Refuses terms that ask for what no event or partner of a program can have, so that they would never earn. Throws Failure
 * `invalid_input`, which names each field.
 */
export async function refuseUnknown(db: Database, program: Program, terms: PlanTerms): Promise<void> {
  const { incentives } = terms;
  const keys = await listFactKeysNamed(
    db,
    incentives.flatMap(({ when }) => Object.keys(when.partner?.facts ?? {})),
  );
  const sources = await listRateSources(
    db,
    incentives.flatMap(({ rates }) => rates ?? []),
  );
  const budgets = await listBudgetsNamed(db, program.id, budgetsOf(terms));
  const allowed = new Map(keys.map(({ key, allowedValues }) => [key, allowedValues]));
  const ofIncentives = incentives.flatMap((incentive, index) =>
    [
      ...undeclaredAttributes(incentive, program),
      ...closedKinds(incentive, program),
      ...unknownFacts(incentive, allowed),
      ...unknownSource(incentive, sources),
      ...unusableBudget(incentive, program, budgets),
    ].map(({ field, reason }) => ({ field: `terms.incentives[${index}].${field}`, reason })),
  );
  const ofUnits = whyNotUnits(terms, program, await readUnits(db, pointsOfTerms(terms)));
  const details = [...ofIncentives, ...ofUnits];
  if (details.length > 0) throw new Failure('invalid_input', PLAN_NOT_ADDED, { details });
}

const undeclaredAttributes = (
  { when, groupBy, measure }: IncentiveTerms,
  { code, attributes }: Program,
): FailureDetail[] =>
  [
    ...Object.keys(when.event ?? {}).map((name) => ({ name, field: `when.event.${name}` })),
    ...(groupBy === undefined ? [] : [{ name: groupBy, field: 'groupBy' }]),
    ...(measure === CUSTOMERS ? [{ name: CUSTOMER, field: 'measure' }] : []),
  ]
    .filter(({ name }) => !attributes.includes(name))
    .map(({ name, field }) => ({ field, reason: `${name} is not an attribute of program ${code}` }));

/** A program that is open to some kinds of partner has no partner of another kind. */
const closedKinds = ({ when }: IncentiveTerms, { code, partnerKinds }: Program): FailureDetail[] =>
  (when.partner?.kind ?? [])
    .filter((kind) => partnerKinds.length > 0 && !partnerKinds.includes(kind))
    .map((kind) => ({
      field: 'when.partner.kind',
      reason: `${kind} is not a kind that program ${code} is open to: ${partnerKinds.join(', ')}`,
    }));

/** Nobody could ever work out events by rates that nobody loads. */
const unknownSource = ({ rates }: IncentiveTerms, sources: readonly RateSource[]): FailureDetail[] =>
  rates === undefined || sources.some(({ code }) => code === rates)
    ? []
    : [{ field: 'rates', reason: `${rates} is a source of which no rates were recorded yet` }];

/** A budget that is not there, or that pays another unit or other days, would never pay anything. */
function unusableBudget(
  { budget: code, unit, when: { from, until } }: IncentiveTerms,
  program: Program,
  budgets: readonly Budget[],
): FailureDetail[] {
  if (code === undefined) return [];
  const budget = budgets.find((one) => one.code === code);
  const reason = !budget
    ? `${code} is not a budget of program ${program.code}`
    : budget.closedAt
      ? `${code} is closed`
      : budget.unit !== unit
        ? `${code} pays ${budget.unit}, and the incentive earns ${unit}`
        : (budget.until !== null && from !== undefined && from >= budget.until) ||
            (budget.from !== null && until !== undefined && until <= budget.from)
          ? `${code} pays only for days ${daysOf(budget)}`
          : undefined;
  return reason === undefined ? [] : [{ field: 'budget', reason }];
}

function unknownFacts({ when }: IncentiveTerms, allowed: ReadonlyMap<string, readonly string[]>): FailureDetail[] {
  return Object.entries(when.partner?.facts ?? {}).flatMap(([key, values]) => {
    const field = `when.partner.facts.${key}`;
    const known = allowed.get(key);
    if (!known) return [{ field, reason: `${key} is not a declared key of facts` }];
    return values
      .filter((value) => known.length > 0 && !known.includes(value))
      .map((value) => ({ field, reason: `${value} is not a value of ${key}: ${known.join(', ')}` }));
  });
}
