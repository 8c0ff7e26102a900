import type { Database } from '../../db/database.ts';
import { listLongWaits } from '../../db/earnings/waits.ts';
import { clearAlarmsBut } from '../../db/tasks/alarms.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

const KIND = 'refund_waits';

/**
 * Raises one alarm for each program with refunds that have waited a day for their sales, and tells of further ones at most once a day.
 * It clears the alarm when none waits so long. If a person cleared it, only refunds that were not told raise it again.
 */
export async function tellOfLongWaits(tx: Database): Promise<void> {
  const waits = await listLongWaits(tx, DAY_MS, KIND);
  for (const { program, count, first, newest, isNew } of waits) {
    if (!isNew) continue;
    const named = `${first.join(', ')}${count > first.length ? ', and others' : ''}`;
    const detail =
      `The number of refunds that have waited more than a day for their sales is ${count}: ${named}. ` +
      'They take nothing back until these sales are sent.';
    await raiseAlarm(tx, 'refund_waits', subjectOf(program), detail, newest.toISOString());
  }
  await clearAlarmsBut(
    tx,
    KIND,
    waits.map(({ program }) => subjectOf(program)),
  );
}

const subjectOf = (program: string): string => `program/${program}`;
