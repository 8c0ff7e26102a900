import type { DatabasePool } from 'slonik';

import { lockShardForAccrual } from '../../db/earnings/accrual.ts';
import { listClosable } from '../../db/earnings/closings.ts';
import { insertClosings } from '../../db/earnings/events.ts';
import { markClosings } from '../../db/earnings/scopes.ts';
import { distinctShards, shardOf } from '../../domain/earnings/shard.ts';

const WINDOWS_AT_ONCE = 1000;

/**
 * Closes the windows that are earned at their close and whose day has come: each gets an event of ours, which accrual works out like any
 * other. Returns how many it closed. Safe to repeat, also at the same moment. No event is worked out meanwhile, because the id of a closing
 * says which events came before it.
 */
export async function closeWindows(db: DatabasePool): Promise<number> {
  const found = (await listClosable(db, WINDOWS_AT_ONCE)).map(({ scopeId, program, partnerId }) => ({
    scopeId,
    program,
    shard: shardOf(partnerId),
  }));
  let closed = 0;
  for (const { program, shard } of distinctShards(found))
    closed += await db.transaction(async (tx) => {
      await lockShardForAccrual(tx, { program, shard });
      const theirs = found.filter((one) => one.program === program && one.shard === shard);
      const open = await listClosable(tx, WINDOWS_AT_ONCE, theirs);
      if (open.length > 0) await markClosings(tx, await insertClosings(tx, open));
      return open.length;
    });
  return closed;
}
