import type { Database } from '../../db/database.ts';
import { listClosable } from '../../db/earnings/closings.ts';
import { insertClosings } from '../../db/earnings/events.ts';
import { markClosings } from '../../db/earnings/scopes.ts';

const WINDOWS_AT_ONCE = 1000;

/**
 * Closes the windows that are earned at their close and whose day has come: each gets an event of ours, which accrual works out like any
 * other. Returns how many it closed. Safe to repeat, also at the same moment.
 */
export const closeWindows = (db: Database): Promise<number> =>
  db.transaction(async (tx) => {
    const windows = await listClosable(tx, WINDOWS_AT_ONCE);
    if (windows.length > 0) await markClosings(tx, await insertClosings(tx, windows));
    return windows.length;
  });
