import { DAY_MS } from '../durations.ts';

/** How long a partner has owed us, in whole days, as finance groups it. */
export const AGE_BUCKETS = ['0-30', '31-60', '61-90', 'over-90'] as const;
export type AgeBucket = (typeof AGE_BUCKETS)[number];

/** The last day of each bucket but the last. */
const LAST_DAYS: readonly (readonly [AgeBucket, number])[] = [
  ['0-30', 30],
  ['31-60', 60],
  ['61-90', 90],
];

/** The whole days since an instant, and their bucket. */
export function ageOf(since: Date, nowMs: number): { days: number; bucket: AgeBucket } {
  const days = Math.max(Math.floor((nowMs - since.getTime()) / DAY_MS), 0);
  return { days, bucket: LAST_DAYS.find(([, last]) => days <= last)?.[0] ?? 'over-90' };
}
