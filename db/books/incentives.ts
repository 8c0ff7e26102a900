import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Count, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';

export const COST_GROUPS = ['incentive', 'program', 'partner_kind', 'tier', 'region', 'month'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

const CostRow = z.strictObject({
  name: z.string(),
  unit: Unit,
  costMinor: z.bigint(),
  /** The amounts of the events behind it, in the unit, whose sum is rounded. Events in other currencies, and points, move no value in it. */
  movedMinor: z.bigint(),
  partners: Count,
  events: Count,
});
export type IncentiveCost = z.infer<typeof CostRow>;

/** The value of a fact about a partner on the day of an event. Empty where there was none. */
const factOn = (key: string): FragmentSqlToken => sql.fragment`
  coalesce((select fact.value from partner_facts(earned.partner_id) fact
    where fact.key = ${key} and fact.starts_on <= earned.day and (fact.ends_on is null or earned.day < fact.ends_on)
    order by fact.value limit 1), '')`;

const NAMES: Record<CostGroup, FragmentSqlToken> = {
  incentive: sql.fragment`earned.program || '/' || earned.incentive`,
  program: sql.fragment`earned.program`,
  partner_kind: sql.fragment`earned.partner_kind`,
  tier: factOn('tier'),
  region: factOn('region'),
  month: sql.fragment`to_char(earned.booked_on, 'YYYY-MM')`,
};

/**
 * The cost of incentives that were booked on some local days, from the first one until the last one, exclusive, in groups and by unit:
 * what was earned less what was taken back. It is the sum of the accrual postings of these days. An event counts, and moves its value,
 * when it earns for the first time; what is booked for it later costs only.
 */
export const listIncentiveCosts = (
  db: Database,
  { from, until, groupBy }: { from: string; until: string; groupBy: CostGroup },
): Promise<readonly IncentiveCost[]> =>
  db.any(sql.type(CostRow)`
    with named as (
      select ${NAMES[groupBy]} as name, earned.*
      from incentive_costs(${from}::date, ${until}::date) earned
    ), moved as (
      select name, unit, round(sum(moved_exact) / 10000)::bigint as moved_minor, count(*) as events
      from (select distinct name, unit, event_id, moved_exact from named where is_first) once group by name, unit
    )
    select name, unit, sum(cost_minor)::bigint as "costMinor", coalesce(moved.moved_minor, 0) as "movedMinor",
      count(distinct partner_id) as partners, coalesce(moved.events, 0) as events
    from named left join moved using (name, unit) group by name, unit, moved.moved_minor, moved.events order by name, unit`);
