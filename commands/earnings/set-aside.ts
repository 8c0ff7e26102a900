import type { Database } from '../../db/database.ts';
import { lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { type DueKey, setAside } from '../../db/earnings/events.ts';
import { readDueName, type SetAsideFilter, tryFilteredAgain } from '../../db/earnings/set-aside.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

/** Sets an event aside that cannot be worked out for a partner, and tells the operators. Each reason is told once for each partner, whatever
 * numbers it names. */
export const setEventAside = (db: Database, shard: Shard, due: DueKey, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    await lockShardForAccrual(tx, shard);
    if ((await setAside(tx, due, reason)).rowCount === 0) return;
    const { source, id, partner } = await readDueName(tx, due);
    const detail =
      `The event ${source}/${id} cannot be worked out for partner ${partner}: ${reason}. It is set aside and earns nothing. ` +
      'All other events go on. Correct the event or the terms, then try it again.';
    await raiseAlarm(
      tx,
      'event_not_worked_out',
      `program/${shard.program}`,
      detail,
      `${partner}/${reason.replaceAll(/\d+/g, '#')}`,
    );
  });

/** Makes events due again that were set aside. Returns how many, and the shares of the program's partners in which they are. */
export const retrySetAside = (
  db: Database,
  filter: SetAsideFilter,
  by: string,
): Promise<{ events: number; shards: readonly Shard[] }> =>
  db.transaction(async (tx) => {
    const tried = await tryFilteredAgain(tx, filter);
    const events = tried.reduce((total, { count }) => total + count, 0);
    const named = Object.entries(filter).filter(([, value]) => value !== undefined);
    const subject = `program/${filter.program}`;
    if (events > 0)
      await addAuditEntry(tx, {
        actorId: by,
        action: 'event.retry_set_aside',
        subject,
        detail: { ...Object.fromEntries(named), events },
      });
    return { events, shards: tried.map(({ program, shard }) => ({ program, shard })) };
  });
