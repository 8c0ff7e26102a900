import { hasScheduledRun, type ScheduleToRun } from '../../db/runs/overdue.ts';
import type { Database } from '../../db/database.ts';
import { insertRun } from '../../db/runs/runs.ts';
import { scheduledRunId } from '../../domain/ids.ts';
import { cutoffInstant, lastPeriodBefore, payDate, periodEndingOn } from '../../domain/payers/schedule.ts';

/** A scheduled run that exists now, and that the caller must wake. */
export type OpenedRun = { id: string; scheduleCode: string; periodEnd: string };

/**
 * Opens the scheduled run of a period. A second call only names it. Null where another run of the schedule is still in preparation or
 * review. The sweep opens this run once the other one is decided.
 */
export async function openScheduledRun(
  db: Database,
  schedule: ScheduleToRun,
  periodEnd: string,
): Promise<OpenedRun | null> {
  const id = scheduledRunId(schedule.code, periodEnd, 0);
  const period = periodEndingOn(schedule, periodEnd);
  const outcome = await insertRun(db, {
    id,
    scheduleId: schedule.id,
    kind: 'scheduled',
    periodStart: period.start,
    periodEnd: period.end,
    redo: 0,
    cutoffAtMs: cutoffInstant(schedule, period.end),
    payOn: payDate(schedule, period.end),
    preparerId: null,
  });
  return outcome === 'blocked' ? null : { id, scheduleCode: schedule.code, periodEnd: period.end };
}

/** The last period of a schedule that is over and has no run; null if there is none. */
export async function findMissedPeriod(db: Database, schedule: ScheduleToRun, nowMs: number): Promise<string | null> {
  const { end } = lastPeriodBefore(schedule, nowMs);
  const isOlder = cutoffInstant(schedule, end) <= schedule.timedAt.getTime();
  return isOlder || (await hasScheduledRun(db, schedule.id, end)) ? null : end;
}
