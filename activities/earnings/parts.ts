import type { DatabasePool } from 'slonik';

import { isOfData, reasonOf } from '../../db/data-failures.ts';
import { lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { type DueKey } from '../../db/earnings/events.ts';
import { listDueKeys } from '../../db/earnings/set-aside.ts';
import { setEventAside } from '../../commands/earnings/set-aside.ts';
import type { Shard } from '../../domain/earnings/shard.ts';

/** So many events of one page are set aside at once. If more fail, the cause is hardly in the events, and operators are told. */
const SET_ASIDE_MAX = 100;

/**
 * Works out the next events of a share in halves, the halves that fail in halves again, and sets the events aside that fail alone. Returns
 * how many events are no longer due. Throws the failure of an event after the first hundred.
 */
export async function workOutInParts(
  db: DatabasePool,
  shard: Shard,
  limit: number,
  workOut: (few: readonly DueKey[]) => Promise<number>,
): Promise<number> {
  let aside = 0;
  async function inParts(few: readonly DueKey[]): Promise<number> {
    const [first] = few;
    if (!first) return 0;
    try {
      return await workOut(few);
    } catch (error) {
      if (!isOfData(error) || aside >= SET_ASIDE_MAX) throw error;
      if (few.length === 1) {
        await setEventAside(db, shard, first, reasonOf(error));
        aside += 1;
        return 1;
      }
      const half = Math.ceil(few.length / 2);
      return (await inParts(few.slice(0, half))) + (await inParts(few.slice(half)));
    }
  }
  const due = await db.transaction(async (tx) => {
    const program = await lockShardForAccrual(tx, shard);
    return program ? listDueKeys(tx, program.id, shard.shard, limit) : [];
  });
  const half = Math.ceil(due.length / 2);
  return (await inParts(due.slice(0, half))) + (await inParts(due.slice(half)));
}
