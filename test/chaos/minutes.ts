import { sql } from 'slonik';

import type { Database } from '../../db/database.ts';

/** Spares a round some waiting: work that would become due within minutes becomes due at once. Nothing else changes. */

/** The sweep would start the work that a killed worker abandoned within a minute. Work in progress is due later than that. */
export async function makeDue(db: Database): Promise<void> {
  const soon = sql.fragment`due_at > now() and due_at <= now() + interval '1 minute'`;
  await db.query(sql.unsafe`update payout set due_at = now() where status in ('executing', 'sent') and ${soon}`);
  await db.query(
    sql.unsafe`update provider_batch set due_at = now() where state not in ('done', 'failed') and ${soon}`,
  );
}

/** A request to a killed API may be repeated after a minute. Call this only while no API runs. */
export const endCutOffRequests = (db: Database) =>
  db.query(sql.unsafe`update idempotency_key set claimed_at = now() - interval '2 minutes' where state = 'running'`);
