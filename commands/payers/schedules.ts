import type { Database } from '../../db/database.ts';
import {
  getSchedule,
  insertSchedule,
  lockSchedule,
  type NewSchedule,
  replaceMinimums,
  type Schedule,
  updateScheduleTiming,
} from '../../db/payers/schedules.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { markAlarmClearedAbout } from '../../db/tasks/alarms.ts';
import { Failure } from '../../domain/errors.ts';
import type { Money } from '../../domain/money.ts';
import { cutoffDaysOf, type Frequency, type PaySchedule, whyNotPaySchedule } from '../../domain/payers/schedule.ts';

/** Adds a pay schedule. A biweekly one counts from the next of its weekdays if it names no cut-off. Throws Failure `already_exists`. */
export const addSchedule = (db: Database, schedule: NewSchedule, by: string): Promise<Schedule> =>
  db.transaction(async (tx) => {
    const added = await insertSchedule(tx, { ...schedule, ...cutoffDaysOf(schedule, Date.now()) });
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already a schedule ${schedule.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'schedule.add', subject: `schedule/${schedule.code}` });
    return added;
  });

export type ScheduleChange = {
  frequency?: Frequency | undefined;
  weekday?: number | undefined;
  monthday?: number | undefined;
  firstCutoff?: string | undefined;
  zone?: string | undefined;
  payDays?: number | undefined;
  scheduled?: boolean | undefined;
  /** The minimum payouts in place of the earlier ones. A currency that is not named has none. */
  minimums?: readonly Money[] | undefined;
};

/**
 * Changes a schedule from now on. Runs that are open or over keep their dates and minimums, and no cut-off before the change opens a
 * run. It also repairs a schedule that could not be followed. Throws Failure `not_found`, or `invalid_input`.
 */
export const changeSchedule = (db: Database, code: string, change: ScheduleChange, by: string): Promise<Schedule> =>
  db.transaction(async (tx) => {
    await lockSchedule(tx, code);
    const before = await getSchedule(tx, code);
    const { minimums, ...timing } = change;
    if (Object.keys(timing).length > 0) await changeTiming(tx, before, timing);
    if (minimums) await replaceMinimums(tx, before.id, minimums);
    const subject = `schedule/${code}`;
    await addAuditEntry(tx, { actorId: by, action: 'schedule.change', subject, detail: detailOf(before, change) });
    await markAlarmClearedAbout(tx, { kind: 'schedule_broken', subject }, by);
    return getSchedule(tx, code);
  });

async function changeTiming(tx: Database, before: Schedule, change: Omit<ScheduleChange, 'minimums'>): Promise<void> {
  const { frequency = before.frequency, zone = before.zone, payDays = before.payDays } = change;
  const { scheduled = before.scheduled } = change;
  const wish = { frequency, zone, payDays, ...daysOf(before, change, frequency) };
  const objection = whyNotPaySchedule(wish);
  if (objection)
    throw new Failure('invalid_input', `Nothing was changed: ${objection.reason}.`, { details: [objection] });
  const timing = { ...wish, ...cutoffDaysOf(wish, Date.now()), scheduled };
  const isNew = TIMED.some((name) => timing[name] !== before[name]);
  await updateScheduleTiming(tx, before.id, timing, isNew);
}

const TIMED = ['frequency', 'weekday', 'monthday', 'firstCutoff', 'zone', 'scheduled'] as const;

/** The days of the cut-offs as they are wished. Those of before stay with their frequency, unless the change says another weekday. */
function daysOf(
  before: Schedule,
  { weekday, monthday, firstCutoff }: ScheduleChange,
  frequency: Frequency,
): Pick<PaySchedule, 'weekday' | 'monthday' | 'firstCutoff'> {
  const kept: Partial<Schedule> = before.frequency === frequency ? before : {};
  const isMoved = weekday !== undefined || firstCutoff !== undefined;
  return {
    weekday: weekday ?? (isMoved ? null : (kept.weekday ?? null)),
    monthday: monthday ?? kept.monthday ?? null,
    firstCutoff: firstCutoff ?? (isMoved ? null : (kept.firstCutoff ?? null)),
  };
}

/** The fields that were named, each as it was and as it is, and the new minimums. */
const detailOf = (before: Schedule, { minimums = [], ...timing }: ScheduleChange): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(timing).map(([name, to]) => [name, `${before[name as keyof typeof timing]} → ${to}`]),
  ),
  ...Object.fromEntries(minimums.map(({ currency, minor }) => [currency, String(minor)])),
});
