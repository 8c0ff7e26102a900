import type { DatabasePool } from 'slonik';

import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { giveUpUnmatched, listBatchesWithMessages, takeBatchMessages } from '../../db/payouts/inbox.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

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

/** Gives up the webhooks that are about nothing of ours, and tells the operators how many there were, once for each day. */
export const giveUpWebhooks = (db: DatabasePool): Promise<void> =>
  db.transaction(async (tx) => {
    for (const { gateway, day, count } of await giveUpUnmatched(tx))
      await raiseAlarm(
        tx,
        'webhooks_unmatched',
        `gateway/${gateway}/${day}`,
        `${count} webhooks that ${gateway} sent on ${day} are about no payment of ours. They are kept, and nothing was changed. If nobody else pays from this account, look for these payments at ${gateway}.`,
      );
  });
