import type { Database } from '../../db/database.ts';
import { listLongWaits } from '../../db/earnings/waits.ts';
import { clearAlarmsBut } from '../../db/tasks/alarms.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

const KIND = 'refund_waits';

/**
 * Raises one alarm for each program with refunds that have waited for their sales for as long as the program lets them: a day by default.
 * It tells of further ones at most once in such a time. It clears the alarm when none waits so long. If a person cleared it, only refunds that were not told raise it again.
 */
export async function tellOfLongWaits(tx: Database): Promise<void> {
  const waits = await listLongWaits(tx, KIND);
  for (const { program, hours, count, first, newest, isNew } of waits) {
    if (!isNew) continue;
    const named = `${first.join(', ')}${count > first.length ? ', and others' : ''}`;
    const detail =
      `The number of refunds and payments ${waiting(hours)} is ${count}: ${named}. ` +
      'They change nothing until these sales are sent.';
    await raiseAlarm(tx, 'refund_waits', subjectOf(program), detail, newest.toISOString());
  }
  await clearAlarmsBut(
    tx,
    KIND,
    waits.map(({ program }) => subjectOf(program)),
  );
}

const subjectOf = (program: string): string => `program/${program}`;

const HOURS_A_DAY = 24;

function waiting(hours: number): string {
  if (hours === 0) return 'that wait for their sales';
  const long = hours === HOURS_A_DAY ? 'a day' : hours === 1 ? 'an hour' : `${hours} hours`;
  return `that have waited more than ${long} for their sales`;
}
