import { sql } from 'slonik';

import type { Database } from '../../db/database.ts';

/** Minutes that a round need not wait for: what would happen anyway happens at once. Nothing else is changed. */

/** What a killed worker took and never started, the sweep would look after within a minute. Whoever works is due later than that. */
export async function makeDue(db: Database): Promise<void> {
  const soon = sql.fragment`due_at > now() and due_at <= now() + interval '1 minute'`;
  await db.query(sql.unsafe`update payout set due_at = now() where status in ('executing', 'sent') and ${soon}`);
  await db.query(
    sql.unsafe`update provider_batch set due_at = now() where state not in ('done', 'failed') and ${soon}`,
  );
}

/** What was asked of an API that was killed may be asked again after a minute; only called while there is none. */
export const endCutOffRequests = (db: Database) =>
  db.query(sql.unsafe`update idempotency_key set claimed_at = now() - interval '2 minutes' where state = 'running'`);
