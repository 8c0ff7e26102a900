import { sql } from 'slonik';
import { z } from 'zod';

import { FREQUENCIES } from '../../domain/payers/schedule.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The work that is overdue. The sweep starts it, so a crash between a commit and a signal delays work and never loses it. */

const RunStartRow = z.strictObject({
  id: z.string(),
  scheduleCode: z.string(),
  periodEnd: z.string(),
});

/** Open runs that have fallen due and that nobody has picked up. */
export const listOverdueRuns = (db: Database, limit: number): Promise<readonly z.infer<typeof RunStartRow>[]> =>
  db.any(sql.type(RunStartRow)`
    select run.id, schedule.code as "scheduleCode", run.period_end as "periodEnd"
    from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
    where run.status in ('preparing', 'review', 'approved', 'disbursing', 'paused') and run.due_at <= now()
    order by run.due_at limit ${limit}`);

/** The runs in review, which follow what is owed. */
export const listRunsInReview = (db: Database): Promise<readonly z.infer<typeof RunStartRow>[]> =>
  db.any(sql.type(RunStartRow)`
    select run.id, schedule.code as "scheduleCode", run.period_end as "periodEnd"
    from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
    where run.status = 'review' order by run.review_since, run.id`);

const ScheduleRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  /** The payer's currency, whose banks must settle on a pay date. */
  currency: Currency,
  frequency: z.enum(FREQUENCIES),
  weekday: z.number().nullable(),
  monthday: z.number().nullable(),
  firstCutoff: z.string().nullable(),
  zone: z.string(),
  payDays: z.number(),
  timedAt: Instant,
});
/** The facts about a pay schedule that its runs need. */
export type ScheduleToRun = z.infer<typeof ScheduleRow>;

const selectScheduled = sql.fragment`
  select schedule.id, schedule.code, payer.currency, frequency, weekday, monthday, first_cutoff as "firstCutoff", zone,
    pay_days as "payDays", timed_at as "timedAt"
  from pay_schedule schedule join payer on payer.id = schedule.payer_id where scheduled`;

/** The pay schedules that run on their own. */
export const listActiveSchedules = (db: Database): Promise<readonly ScheduleToRun[]> =>
  db.any(sql.type(ScheduleRow)`${selectScheduled} order by schedule.id`);

/** A pay schedule that runs on its own; null if it does so no longer, even if Temporal still fires. */
export const findActiveSchedule = (db: Database, code: string): Promise<ScheduleToRun | null> =>
  db.maybeOne(sql.type(ScheduleRow)`${selectScheduled} and schedule.code = ${code}`);

export const hasScheduledRun = (db: Database, scheduleId: number, periodEnd: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from payout_run where schedule_id = ${scheduleId} and period_end = ${periodEnd}::date and kind = 'scheduled'`);
