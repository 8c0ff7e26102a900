import { isMoney } from '../programs/incentives/measure.ts';
import type { UnitCode } from '../unit.ts';

/** The quota that a window is compared with, as the name of its measure says. */

const AGAINST = ' against quota ';

/** The end of the name of a measure that is compared with a quota. */
export const againstQuota = (name: string): string => AGAINST.trim() + ' ' + name;

/** The name of the quota that a window is compared with. Undefined where it is compared with none. */
export const quotaNameOf = ({ measure }: { readonly measure: string }): string | undefined => measure.split(AGAINST)[1];

/** The currency of the quota of a window. Null where units or events are counted. */
type MeasuredIn = { readonly measure: string; readonly currency: UnitCode };
export const quotaCurrencyOf = ({ measure, currency }: MeasuredIn): string | null =>
  isMoney(measure.split(' ')[0] ?? '') ? currency : null;
