import { sql } from 'slonik';
import { z } from 'zod';

import { PayoutStart, type PayoutStartRow } from '../payouts/attempts.ts';
import type { Database } from '../database.ts';

/** What the rows say is overdue. The sweep starts it; a crash between a commit and a signal thus delays, and never loses. */

export const listProgramsWithDueEvents = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.object({ code: z.string() }))`
    select program.code from program
    where exists (select from event_due due where due.program_id = program.id and due.waits_for is null)`);

const RunStartRow = z.strictObject({
  id: z.string(),
  scheduleCode: z.string(),
  periodEnd: z.string(),
});

/** Open runs that nobody has looked at since they fell due. */
export const listOverdueRuns = (db: Database, limit: number): Promise<readonly z.infer<typeof RunStartRow>[]> =>
  db.any(sql.type(RunStartRow)`
    select run.id, schedule.code as "scheduleCode", run.period_end as "periodEnd"
    from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
    where run.status in ('preparing', 'review', 'approved', 'disbursing', 'paused') and run.due_at <= now()
    order by run.due_at limit ${limit}`);

/** How long a provider is asked once a day after people have said that it paid, or did not: should it know better, somebody hears of it. */
const WATCH_DAYS = 90;

/**
 * Takes the next payouts that are under way and past the moment at which somebody should have looked, and makes them due again
 * in a minute, should whoever takes them not reach them. Approved ones are their run's to start, and those that are asked for
 * together their batch's. Under way again is what settled and then bounced: the payout stays settled until the money is back. Those
 * about which people have decided are taken too: what they decided is applied, and then watched.
 */
export const takeOverduePayouts = (db: Database, limit: number): Promise<readonly PayoutStartRow[]> =>
  db.any(sql.type(PayoutStart)`
    with reopened as (
      select attempt.payout_id as id from attempt_history history join payout_attempt attempt on attempt.id = history.attempt_id
      where history.from_state = 'settled' and history.to_state not in ('settled', 'returned')
        and attempt.state not in ('settled', 'returned', 'failed'))
    update payout set due_at = now() + case
      when payout.status in ('executing', 'sent') or payout.id in (select id from reopened) then interval '1 minute' else interval '1 day' end
    from partner
    where partner.id = payout.partner_id and payout.id in (
      select id from payout
      where due_at <= now() and (status in ('executing', 'sent') and not exists (
          select from payout_attempt attempt where attempt.payout_id = payout.id
            and attempt.batch_id is not null and attempt.state in ('prepared', 'submitted', 'unknown'))
        or id = any(array(
        select id from reopened
        union all
        select payout_id from resolution where status = 'confirmed'
        union all
        select resolution.payout_id from resolution join payout_attempt attempt on attempt.id = resolution.attempt_id
        where resolution.status = 'applied' and resolution.outcome in ('paid', 'not_paid') and attempt.provider_ref is not null
          and resolution.ended_at > now() - ${WATCH_DAYS} * interval '1 day')))
      order by due_at, id limit ${limit} for update skip locked)
    returning payout.id, payout.run_id as "runId", partner.code as "partnerCode", payout.method, payout.gateway`);

const ScheduleRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  frequency: z.enum(['daily', 'weekly', 'monthly']),
  weekday: z.number().nullable(),
  zone: z.string(),
  pay_days: z.number(),
  created_at: z.number(),
});
export type ScheduleRow = z.infer<typeof ScheduleRow>;

/** The pay schedules that run by themselves. */
export const listActiveSchedules = (db: Database): Promise<readonly ScheduleRow[]> =>
  db.any(sql.type(ScheduleRow)`
    select id, code, frequency, weekday, zone, pay_days, created_at from pay_schedule where scheduled order by id`);

export const findScheduleForRun = (db: Database, code: string): Promise<ScheduleRow | null> =>
  db.maybeOne(sql.type(ScheduleRow)`
    select id, code, frequency, weekday, zone, pay_days, created_at from pay_schedule where code = ${code}`);

export const hasScheduledRun = (db: Database, scheduleId: number, periodEnd: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from payout_run where schedule_id = ${scheduleId} and period_end = ${periodEnd}::date and kind = 'scheduled'`);
