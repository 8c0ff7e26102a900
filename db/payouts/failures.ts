import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS } from '../../domain/rails.ts';
import { Count, Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const FailureRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  status: z.enum(['failed', 'returned']),
  reason: z.string().nullable(),
  currency: Currency,
  count: Count,
  minor: z.bigint(),
  since: Instant,
});
/** Payouts that failed or came back, with what they have in common. */
export type FailureGroup = z.infer<typeof FailureRow>;

/**
 * The payouts that failed or came back within some days and after which nobody paid the partner in this currency, by provider and reason,
 * the largest group first. A person who reaches a program reads no payout of its payer, so the run must be in their reach.
 */
export const listFailureGroups = (db: Database, withinDays: number): Promise<readonly FailureGroup[]> =>
  db.any(sql.type(FailureRow)`
    select gateway, status, status_reason as reason, currency, count(*) as count, sum(net_minor)::bigint as minor,
      min(status_at) as since
    from payout
    where status in ('failed', 'returned') and exists (select from payout_run run where run.id = payout.run_id) and status_at > now() - ${withinDays} * interval '1 day'
      and not exists (
        select from payout later
        where later.partner_id = payout.partner_id and later.currency = payout.currency and later.created_at > payout.created_at
          and later.status in ('sent', 'settled'))
    group by gateway, status, status_reason, currency order by count desc, gateway, reason, currency`);
