import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { findMissedPeriod, openScheduledRun } from '../../commands/runs/open.ts';
import { findActiveSchedule, type ScheduleToRun } from '../../db/runs/overdue.ts';
import { periodFiredFor } from '../../domain/payers/schedule.ts';
import { wakeRun } from '../../temporal/starts.ts';
import { forEachSchedule } from './schedules.ts';

export type OpenRunDeps = { db: DatabasePool; temporal: Client };

export const createOpenRunActivities = ({ db, temporal }: OpenRunDeps) => {
  /** Opens the run and starts its workflow. A repeated call only wakes the workflow. */
  const openAndWake = async (schedule: ScheduleToRun, periodEnd: string): Promise<string | null> => {
    const run = await openScheduledRun(db, schedule, periodEnd);
    if (run) await wakeRun(temporal, run);
    return run?.id ?? null;
  };

  return {
    /**
     * Opens and starts the run of the last period that ended before a Schedule's own time. It never reads the clock, so a Schedule
     * that fires late, or twice, still means the same period. A biweekly schedule also fires between its cut-offs, which opens nothing.
     */
    async openScheduledRun(scheduleCode: string, scheduledAt: string): Promise<string | null> {
      const schedule = await findActiveSchedule(db, scheduleCode);
      if (!schedule) return null;
      const period = periodFiredFor(schedule, Date.parse(scheduledAt));
      return period && openAndWake(schedule, period.end);
    },

    /**
     * Opens a run for every period that is over and has none, such as after an outage that is too long for a Schedule to catch up.
     * A schedule that cannot be followed raises an alarm, and does not hold up the others.
     */
    async openMissedRuns(): Promise<number> {
      let opened = 0;
      await forEachSchedule(db, async (schedule) => {
        const periodEnd = await findMissedPeriod(db, schedule, Date.now());
        if (periodEnd !== null && (await openAndWake(schedule, periodEnd))) opened += 1;
      });
      return opened;
    },
  };
};
