import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { listActiveSchedules, type ScheduleToRun } from '../../db/runs/overdue.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import { lastCalendarYear } from '../../domain/payers/settlement-calendar.ts';
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

/** Raises an alarm from the first day of the last year for which we have the bank holidays of a currency. */
export async function warnOfCalendarEnd(db: DatabasePool, currency: CurrencyCode, now: Date): Promise<void> {
  const last = lastCalendarYear(currency);
  if (last === undefined || now.getUTCFullYear() < last) return;
  const detail = `The table of bank holidays for ${currency} ends with ${last}. After that year, pay dates avoid weekends only, and may fall on a bank holiday. Nothing was changed.`;
  await db.transaction((tx) => raiseAlarm(tx, 'calendar_ends', `calendar/${currency}`, detail));
}

/** Tells Temporal when the run of each schedule begins. A worker does this when it starts. */
export const deployPaySchedules = ({ db, temporal }: { db: DatabasePool; temporal: Client }): Promise<void> =>
  forEachSchedule(db, async (schedule) => {
    await deployPaySchedule(temporal, schedule);
    await warnOfCalendarEnd(db, schedule.currency, new Date());
  });
