import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { listActiveSchedules, type ScheduleToRun } from '../../db/runs/overdue.ts';
import { deployPaySchedule } from '../../temporal/schedules.ts';

/** Does something for every schedule that runs on its own. A schedule for which it fails raises an alarm, and the others go on. */
export async function forEachSchedule(
  db: DatabasePool,
  act: (schedule: ScheduleToRun) => Promise<void>,
): Promise<void> {
  for (const schedule of await listActiveSchedules(db))
    try {
      await act(schedule);
    } catch (error) {
      if (isTemporalAway(error)) throw error;
      const detail = `${String(error)}. The schedule opens no run until this is fixed. Other schedules are not affected.`;
      await db.transaction((tx) => raiseAlarm(tx, 'schedule_broken', `schedule/${schedule.code}`, detail));
    }
}

const INVALID_ARGUMENT = 3;

/** Whether Temporal did not answer, which says nothing about a schedule. */
function isTemporalAway(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  const code: number = isGrpcServiceError(cause) ? cause.code : INVALID_ARGUMENT;
  return code !== INVALID_ARGUMENT;
}

/** Tells Temporal when the run of each schedule begins. A worker does this when it starts. */
export const deployPaySchedules = ({ db, temporal }: { db: DatabasePool; temporal: Client }): Promise<void> =>
  forEachSchedule(db, (schedule) => deployPaySchedule(temporal, schedule));
