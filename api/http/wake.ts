import type { Schedule } from '../../db/payers/schedules.ts';
import { deployPaySchedule } from '../../temporal/schedules.ts';
import { wakeAccrual } from '../../temporal/starts.ts';
import type { ApiDeps } from './deps.ts';

const WAKE_WAIT_MS = 2000;

type WakeDeps = Pick<ApiDeps, 'temporal' | 'log'>;

/**
 * Starts or wakes a workflow for what is in the database already. A failure is only logged, with `what` it was about: the sweep
 * finds the row and does it again.
 */
export async function wakeQuietly(
  { temporal, log }: WakeDeps,
  what: Readonly<Record<string, string>>,
  wake: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await temporal.withDeadline(Date.now() + WAKE_WAIT_MS, wake);
    return true;
  } catch (error) {
    log.warn({ ...what, reason: String(error) }, 'a workflow was not woken; the sweep will do it');
    return false;
  }
}

/** Has the earnings of new events worked out now. */
export async function wakePrograms(deps: WakeDeps, programs: readonly string[]): Promise<void> {
  for (const program of programs) await wakeQuietly(deps, { program }, () => wakeAccrual(deps.temporal, program));
}

/** Lets the runs of a schedule start on their own, where it says so. */
export async function startSchedule(deps: WakeDeps, schedule: Schedule): Promise<void> {
  if (!schedule.scheduled) return;
  await wakeQuietly(deps, { schedule: schedule.code }, () => deployPaySchedule(deps.temporal, schedule));
}
