import type { DatabasePool } from 'slonik';

import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { listBatchesWithMessages, takeBatchMessages } from '../../db/payouts/inbox.ts';

/**
 * Makes a batch due when a stored webhook speaks of it, or of a payment in it while it waits for a person. A message about a payment
 * stays in the inbox, because it concerns the payout as well.
 */
export const noticeBatches = (db: DatabasePool): Promise<void> =>
  db.transaction(async (tx) => {
    const taken = await takeBatchMessages(tx);
    const waiting = await listBatchesWithMessages(tx);
    await makeBatchesDue(tx, { ids: [...taken, ...waiting] });
  });
