import type { Schedule } from '../../db/payers/schedules.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import { MAIL_SCHEDULE_ID } from '../../temporal/messages.ts';
import { deployPaySchedule, removePaySchedule } from '../../temporal/schedules.ts';
import { type DecisionStart, wakeAccrual, wakeDecision } from '../../temporal/starts.ts';
import type { ApiDeps } from './deps.ts';

const WAKE_WAIT_MS = 2000;

type WakeDeps = Pick<ApiDeps, 'temporal' | 'log'>;

/**
 * Starts or wakes a workflow for a row that is already in the database. A failure is only logged, with `what` it was about,
 * because the sweep finds the row and tries again.
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
    log.warn({ ...what, reason: String(error) }, 'a workflow was not woken; the sweep will wake it');
    return false;
  }
}

/** Starts the calculation of what new events earned. */
export async function wakeAccruals(deps: WakeDeps, shards: readonly Shard[]): Promise<void> {
  for (const shard of shards)
    await wakeQuietly(deps, { program: shard.program, share: String(shard.shard) }, () =>
      wakeAccrual(deps.temporal, shard),
    );
}

/** Follows a deal, a request or a claim, or has what follows it look again. */
export const wakeDecisionQuietly = (deps: WakeDeps, start: DecisionStart): Promise<boolean> =>
  wakeQuietly(deps, { [start.subject]: start.id }, () => wakeDecision(deps.temporal, start));

/** Has Temporal open the runs of a schedule if the schedule asks for that, and else has it open none. */
export const followSchedule = (deps: WakeDeps, schedule: Schedule): Promise<boolean> =>
  wakeQuietly(deps, { schedule: schedule.code }, () =>
    schedule.scheduled ? deployPaySchedule(deps.temporal, schedule) : removePaySchedule(deps.temporal, schedule.code),
  );

/** Sends waiting mail now and not within the next minute, because a person is waiting for it. */
export const sendMailSoon = (deps: WakeDeps): Promise<boolean> =>
  wakeQuietly(deps, { schedule: MAIL_SCHEDULE_ID }, () =>
    deps.temporal.schedule.getHandle(MAIL_SCHEDULE_ID).trigger('BUFFER_ONE'),
  );
