import { addDays, addMonths } from '../calendar.ts';
import { isPoints, type PointsCode } from '../unit.ts';
import type { PlanTerms } from './plan.ts';

/** The ways of turning points into money: none, the partner alone, or two people of the staff. */
export const CONVERSIONS = ['none', 'by-partner', 'by-staff'] as const;
export type ConversionWay = (typeof CONVERSIONS)[number];

/** The facts about a unit that terms may name it by. */
export type KnownUnit = {
  readonly code: PointsCode;
  readonly programId: number;
  readonly expiryMonths: number | null;
  readonly retiredAt: Date | null;
};

/** The units that are not money and that terms name. */
export const pointsOfTerms = ({ incentives }: PlanTerms): PointsCode[] => [
  ...new Set(incentives.map(({ unit }) => unit).filter(isPoints)),
];

/** A February, in which months are shortest. */
const SHORTEST_FROM = '2026-01-31';

/** The fields of terms that name a unit in which nobody of the program could earn and use points. */
export function whyNotUnits(
  { incentives, holdDays }: PlanTerms,
  program: { readonly id: number; readonly code: string },
  units: readonly KnownUnit[],
): { field: string; reason: string }[] {
  const known = new Map(units.map((unit) => [unit.code, unit]));
  return incentives.flatMap(({ unit: code }, index) => {
    if (!isPoints(code)) return [];
    const unit = known.get(code);
    const field = `terms.incentives[${index}].unit`;
    if (!unit || unit.programId !== program.id) return [{ field, reason: `is not a unit of program ${program.code}` }];
    if (unit.retiredAt) return [{ field, reason: 'is retired' }];
    const isOutlived =
      unit.expiryMonths !== null && addDays(SHORTEST_FROM, holdDays) >= addMonths(SHORTEST_FROM, unit.expiryMonths);
    return isOutlived
      ? [{ field: 'terms.holdDays', reason: `lets points of ${code} expire before they are available` }]
      : [];
  });
}
