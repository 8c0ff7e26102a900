import { type CalendarSpec, type Client, ScheduleNotFoundError, type ScheduleOptions } from '@temporalio/client';

import { MINUTE_MS } from '../domain/durations.ts';
import type { Frequency } from '../domain/payers/schedule.ts';
import {
  AUDITS_SCHEDULE_ID,
  CHECK_DESK_SCHEDULE_ID,
  CHECK_DESK_WORKFLOW_ID,
  INVARIANTS_SCHEDULE_ID,
  MAIL_SCHEDULE_ID,
  payScheduleId,
  RECONCILIATION_SCHEDULE_ID,
  runTriggerWorkflowId,
  SWEEP_SCHEDULE_ID,
  TASK_QUEUES,
  WEBHOOKS_SCHEDULE_ID,
} from './messages.ts';

/** Creates or updates a Schedule. A pause that an operator set stays. */
async function deploySchedule(client: Client, { scheduleId, ...definition }: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ScheduleAlreadyRunning') throw error;
    // Only the state, paused or not, is kept. Everything else comes from the definition, including the policies of the action.
    await client.schedule.getHandle(scheduleId).update((previous) => ({ ...definition, state: previous.state }));
  }
}

export type DeployedPaySchedule = {
  code: string;
  frequency: Frequency;
  weekday?: number | null | undefined;
  monthday?: number | null | undefined;
  zone: string;
};

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
/** After the local hours that daylight saving skips or repeats. The run itself uses its cut-off at midnight. */
const FIRES_AT_HOUR = 5;

type CalendarDays = Omit<CalendarSpec, 'hour' | 'comment'>;

const weekdayOf = ({ weekday }: DeployedPaySchedule): CalendarDays => ({
  dayOfWeek: WEEKDAYS[(weekday ?? 1) - 1] ?? 'MONDAY',
});

/** The local days on which the runs of each frequency begin. A calendar cannot leave out weeks, so a biweekly schedule fires every week. */
const DAYS: Record<Frequency, (schedule: DeployedPaySchedule) => CalendarDays> = {
  daily: () => ({}),
  weekly: weekdayOf,
  biweekly: weekdayOf,
  semimonthly: () => ({ dayOfMonth: [1, 16] }),
  monthly: ({ monthday }) => ({ dayOfMonth: monthday ?? 1 }),
  quarterly: () => ({ month: ['JANUARY', 'APRIL', 'JULY', 'OCTOBER'], dayOfMonth: 1 }),
};

/** The times at which a pay schedule fires. */
export const calendarOf = (schedule: DeployedPaySchedule): CalendarSpec => ({
  ...DAYS[schedule.frequency](schedule),
  hour: FIRES_AT_HOUR,
  comment: 'after the cut-off at local midnight',
});

/** Starts the runs of a pay schedule automatically. */
export const deployPaySchedule = (client: Client, schedule: DeployedPaySchedule): Promise<void> =>
  deploySchedule(client, {
    scheduleId: payScheduleId(schedule.code),
    spec: { calendars: [calendarOf(schedule)], timezone: schedule.zone },
    action: {
      type: 'startWorkflow',
      workflowType: 'runTrigger',
      workflowId: runTriggerWorkflowId(schedule.code),
      taskQueue: TASK_QUEUES.main,
      args: [schedule.code],
    },
    policies: { overlap: 'BUFFER_ALL', catchupWindow: '3 days', pauseOnFailure: false },
  });

/** Ends the automatic runs of a pay schedule. A second call changes nothing. */
export async function removePaySchedule(client: Client, code: string): Promise<void> {
  try {
    await client.schedule.getHandle(payScheduleId(code)).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** Each reading takes the days that are over in the account's zone: the first those of Asia and Europe, the second those of America. */
const RECONCILED_AT = [
  { hour: 4, minute: 30 },
  { hour: 12, minute: 30 },
];

/** The bank's deadlines are hours away. At worst, a person learns this much later about a check that the bank asks about. */
const CHECK_DESK_EVERY_MS = 10 * MINUTE_MS;

/** Deploys the sweep, the mail, the webhooks, the nightly reconciliation, the nightly verification of the books, the monthly audits, and the reading of the bank's questions about checks. */
export async function deploySystemSchedules(client: Client, sweepSeconds: number): Promise<void> {
  await deploySchedule(client, {
    scheduleId: SWEEP_SCHEDULE_ID,
    spec: { intervals: [{ every: sweepSeconds * 1000 }] },
    action: { type: 'startWorkflow', workflowType: 'sweep', workflowId: 'sweep', taskQueue: TASK_QUEUES.main },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: MAIL_SCHEDULE_ID,
    spec: { intervals: [{ every: sweepSeconds * 1000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'mail',
      workflowId: MAIL_SCHEDULE_ID,
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: WEBHOOKS_SCHEDULE_ID,
    spec: { intervals: [{ every: sweepSeconds * 1000 }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'webhooks',
      workflowId: WEBHOOKS_SCHEDULE_ID,
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: RECONCILIATION_SCHEDULE_ID,
    spec: { calendars: RECONCILED_AT.map((time) => ({ ...time, comment: 'UTC' })), timezone: 'UTC' },
    action: {
      type: 'startWorkflow',
      workflowType: 'nightlyReconciliation',
      workflowId: 'nightly-reconciliation',
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '3 days', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: INVARIANTS_SCHEDULE_ID,
    spec: { calendars: [{ hour: 5, minute: 30, comment: 'UTC; after the reconciliation' }], timezone: 'UTC' },
    action: {
      type: 'startWorkflow',
      workflowType: 'nightlyInvariants',
      workflowId: INVARIANTS_SCHEDULE_ID,
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '1 day', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: AUDITS_SCHEDULE_ID,
    spec: {
      calendars: [{ dayOfMonth: 2, hour: 6, comment: 'UTC; the month is over in every zone' }],
      timezone: 'UTC',
    },
    action: {
      type: 'startWorkflow',
      workflowType: 'monthlyAudits',
      workflowId: AUDITS_SCHEDULE_ID,
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '10 days', pauseOnFailure: false },
  });
  await deploySchedule(client, {
    scheduleId: CHECK_DESK_SCHEDULE_ID,
    spec: { intervals: [{ every: CHECK_DESK_EVERY_MS }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'checkDesk',
      workflowId: CHECK_DESK_WORKFLOW_ID,
      taskQueue: TASK_QUEUES.main,
    },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute', pauseOnFailure: false },
  });
}
