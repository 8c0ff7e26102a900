import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { Unit } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import type { ReportFilter } from './reports.ts';

/**
 * The cost of incentives and the value that they moved, by the local day of the booking. Older sums are kept, because earnings are
 * never changed, so that a report of a year reads as fast as one of a day. Newer bookings are read as they are.
 */

/** A booking is kept when it is this old: every transaction that booked so early has ended. */
const KEPT_AFTER = '1 hour';
/** A step keeps at most so many days, so that a long history takes many short steps. */
const KEPT_AT_ONCE = '31 days';

/** Sums by day of what `incentive_costs` returns. An event counts, and moves its value, when it earns for the first time. */
const sumsOf = (costs: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  select program.id as program_id, booked_on, incentive as incentive_id, unit, sum(cost_minor)::bigint as cost_minor,
    sum(moved_exact) as moved_exact, count(*) filter (where is_first) as event_count
  from (
    select program, booked_on, incentive, unit, event_id, sum(cost_minor) as cost_minor, bool_or(is_first) as is_first,
      coalesce(min(moved_exact) filter (where is_first), 0) as moved_exact
    from ${costs} group by program, booked_on, incentive, unit, event_id
  ) by_event join program on program.code = by_event.program
  group by program.id, booked_on, incentive, unit`;

/** Keeps the sums of the next days. Returns whether there may be more. */
export const keepIncentiveDays = (db: Database): Promise<boolean> =>
  db.transaction(async (tx) => {
    const edge = await tx.maybeOne(sql.type(z.strictObject({ since: z.string(), until: z.string() }))`
      select kept.until::text as since, least(now() - ${KEPT_AFTER}::interval, oldest.booked_at + ${KEPT_AT_ONCE}::interval)::text as until
      from (select until from incentive_days_kept for update) kept
      cross join lateral (select booked_at from accrual_batch where booked_at >= kept.until order by booked_at limit 1) oldest
      where oldest.booked_at < now() - ${KEPT_AFTER}::interval`);
    if (!edge) return false;
    await tx.query(sql.unsafe`
      insert into incentive_day(program_id, booked_on, incentive_id, unit, cost_minor, moved_exact, event_count)
      ${sumsOf(sql.fragment`incentive_costs('-infinity', 'infinity', ${edge.since}::timestamptz, ${edge.until}::timestamptz)`)}
      on conflict (booked_on, program_id, incentive_id, unit) do update set cost_minor = incentive_day.cost_minor + excluded.cost_minor,
        moved_exact = incentive_day.moved_exact + excluded.moved_exact, event_count = incentive_day.event_count + excluded.event_count`);
    return changesRow(tx, sql.unsafe`update incentive_days_kept set until = ${edge.until}::timestamptz`);
  });

/** The sums of some local days: those that are kept, and the bookings since. */
const days = ({ from, until, payerId, programId }: ReportFilter): FragmentSqlToken => sql.fragment`(
  select day.* from (
    select * from incentive_day where booked_on >= ${from}::date and booked_on < ${until}::date
    union all
    ${sumsOf(sql.fragment`incentive_costs(${from}::date, ${until}::date, (select until from incentive_days_kept))`)}
  ) day
  join program on program.id = day.program_id join pay_schedule schedule on schedule.id = program.schedule_id
  where (${payerId ?? null}::int is null or schedule.payer_id = ${payerId ?? null}::int)
    and (${programId ?? null}::int is null or program.id = ${programId ?? null}::int)) day`;

const CostRow = z.strictObject({
  name: z.string(),
  unit: Unit,
  costMinor: z.bigint(),
  movedMinor: z.bigint(),
  events: z.bigint().transform(Number),
});
export type IncentiveSum = z.infer<typeof CostRow>;

/** The cost of each incentive, named `program/incentive`, and the value that it moved on some local days, by unit. */
export const listIncentiveSums = (db: Database, filter: ReportFilter): Promise<readonly IncentiveSum[]> =>
  db.any(sql.type(CostRow)`
    select program.code || '/' || incentive_id as name, unit, sum(cost_minor)::bigint as "costMinor",
      round(sum(moved_exact) / 10000)::bigint as "movedMinor", sum(event_count)::bigint as events
    from ${days(filter)} join program on program.id = day.program_id
    group by program.code, incentive_id, unit order by 1, unit`);

const MonthRow = z.strictObject({ month: z.string(), currency: Unit, minor: z.bigint() });
export type AccruedMonth = z.infer<typeof MonthRow>;

/** The earnings that the ledger booked, by local month and currency. Takings back count below zero. */
export const listAccruedByMonth = (db: Database, filter: ReportFilter): Promise<readonly AccruedMonth[]> =>
  db.any(sql.type(MonthRow)`
    select to_char(booked_on, 'YYYY-MM') as month, unit as currency, sum(cost_minor)::bigint as minor
    from ${days(filter)} where not is_points(unit) group by 1, unit order by unit, 1`);
