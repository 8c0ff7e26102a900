import { sql } from 'slonik';

import type { Database } from '../../db/database.ts';

/** Minutes that a round need not wait for: what would happen anyway happens at once. Nothing else is changed. */

/** What a killed worker took and never started, the sweep would look after within a minute. */
export const makeDue = (db: Database) =>
  db.query(sql.unsafe`
    update payout set due_at = now()
    where status = 'executing' and due_at > now() and not exists (select from payout_attempt where payout_id = payout.id)`);

/** What was asked of an API that was killed may be asked again after a minute; only called while there is none. */
export const endCutOffRequests = (db: Database) =>
  db.query(sql.unsafe`update idempotency_key set claimed_at = now() - interval '2 minutes' where state = 'running'`);
