import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS } from '../../domain/rails.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

const NeedRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  currency: Currency,
  count: Count,
  netMinor: z.bigint(),
  leftMinor: z.bigint(),
});
/** The money that a run needs in an account at a provider: in all, and for the payouts whose provider was not asked yet. */
export type RunNeed = z.infer<typeof NeedRow>;

export const listRunNeeds = (db: Database, runId: string): Promise<readonly RunNeed[]> =>
  db.any(sql.type(NeedRow)`
    select gateway, currency, count(*) as count, sum(net_minor)::bigint as "netMinor",
      coalesce(sum(net_minor) filter (where status in ('draft', 'approved', 'executing')), 0)::bigint as "leftMinor"
    from payout where run_id = ${runId} and status <> 'cancelled' group by gateway, currency order by gateway, currency`);
