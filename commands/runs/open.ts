import { hasScheduledRun, listActiveSchedules, type ScheduleToRun } from '../../db/runs/overdue.ts';
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

/** The schedules whose last period is over and has no run, with the end of that period. */
export async function listMissedPeriods(
  db: Database,
  nowMs: number,
): Promise<{ schedule: ScheduleToRun; periodEnd: string }[]> {
  const missed = [];
  for (const schedule of await listActiveSchedules(db)) {
    const { end } = lastPeriodBefore(schedule, nowMs);
    if (cutoffInstant(schedule, end) <= schedule.createdAt.getTime()) continue;
    if (!(await hasScheduledRun(db, schedule.id, end))) missed.push({ schedule, periodEnd: end });
  }
  return missed;
}
