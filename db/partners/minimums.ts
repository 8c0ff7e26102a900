import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The minimum payouts that were agreed with a partner, in place of those of the schedules. */

const MinimumRow = z.strictObject({
  currency: Currency,
  minor: z.bigint(),
  reason: z.string(),
  recordedBy: z.string(),
  recordedAt: Instant,
});
export type PartnerMinimum = z.infer<typeof MinimumRow>;

/** The minimums of a partner that count now, by currency. */
export const listPartnerMinimums = (db: Database, partnerId: bigint): Promise<readonly PartnerMinimum[]> =>
  db.any(sql.type(MinimumRow)`
    select newest.currency, newest.minimum_minor as minor, newest.reason, actor.code as "recordedBy", newest.recorded_at as "recordedAt"
    from (
      select distinct on (currency) * from partner_minimum where partner_id = ${partnerId} order by currency, id desc
    ) newest
    join actor on actor.id = newest.recorded_by
    where newest.minimum_minor is not null order by newest.currency`);

export type NewPartnerMinimum = {
  currency: CurrencyCode;
  /** In minor units. Null where the minimum of the schedule counts again. */
  minor: bigint | null;
  reason: string;
  by: string;
};

export const insertPartnerMinimum = (
  db: Database,
  partnerId: bigint,
  { currency, minor, reason, by }: NewPartnerMinimum,
) =>
  db.query(sql.unsafe`
    insert into partner_minimum(partner_id, currency, minimum_minor, reason, recorded_by)
    values (${partnerId}, ${currency}, ${minor}, ${reason}, ${by})`);
