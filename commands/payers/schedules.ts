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
import { type Frequency, whyNotPaySchedule } from '../../domain/payers/schedule.ts';

/** Adds a pay schedule. Throws Failure `already_exists`. */
export const addSchedule = (db: Database, schedule: NewSchedule, by: string): Promise<Schedule> =>
  db.transaction(async (tx) => {
    const added = await insertSchedule(tx, schedule);
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
  const kept = before.frequency === frequency ? before.weekday : null;
  const weekday = change.weekday ?? kept ?? (frequency === 'weekly' ? MONDAY : null);
  const timing = { frequency, weekday, zone, payDays, scheduled };
  const reason = whyNotPaySchedule(timing);
  if (reason) throw new Failure('invalid_input', `Nothing was changed: ${reason}.`);
  const isNew = (['frequency', 'weekday', 'zone', 'scheduled'] as const).some((name) => timing[name] !== before[name]);
  await updateScheduleTiming(tx, before.id, timing, isNew);
}

const MONDAY = 1;

/** The fields that were named, each as it was and as it is, and the new minimums. */
const detailOf = (before: Schedule, { minimums = [], ...timing }: ScheduleChange): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(timing).map(([name, to]) => [name, `${before[name as keyof typeof timing]} → ${to}`]),
  ),
  ...Object.fromEntries(minimums.map(({ currency, minor }) => [currency, String(minor)])),
});
