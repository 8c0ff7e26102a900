import type { DatabasePool } from 'slonik';

import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { listBatchesWithMessages, takeBatchMessages } from '../../db/payouts/inbox.ts';

/**
 * Makes a batch due when a stored webhook is about it, or about one of its payments while the batch waits for a person. A message
 * about a payment stays in the inbox, because it concerns the payout as well.
 */
export const noticeBatches = (db: DatabasePool): Promise<void> =>
  db.transaction(async (tx) => {
    const taken = await takeBatchMessages(tx);
    const waiting = await listBatchesWithMessages(tx);
    await makeBatchesDue(tx, { ids: [...taken, ...waiting] });
  });
