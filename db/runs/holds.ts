import { sql } from 'slonik';
import { z } from 'zod';

import { Count, Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The payouts that people hold back, by their runs. */

const isHeld = sql.fragment`payout.held_at is not null and payout.status in ('draft', 'approved', 'executing')`;

/** How many payouts of a run people hold. */
export const countHeld = (db: Database, runId: string): Promise<number> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(*) from payout where payout.run_id = ${runId} and ${isHeld}`);

const HeldRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  currency: Currency,
  netMinor: z.bigint(),
  since: Instant,
  /** The code of the person who holds it. */
  by: z.string(),
  reason: z.string(),
});

/** The payouts of a run that people hold, the oldest hold first. */
export const listHeld = (db: Database, runId: string, limit: number): Promise<readonly z.infer<typeof HeldRow>[]> =>
  db.any(sql.type(HeldRow)`
    select payout.id, partner.code as partner, payout.currency, payout.net_minor as "netMinor", payout.held_at as since,
      holder.code as by, payout.held_reason as reason
    from payout join partner on partner.id = payout.partner_id join actor holder on holder.id = payout.held_by
    where payout.run_id = ${runId} and ${isHeld} order by payout.held_at, payout.id limit ${limit}`);

const HoldingRow = z.strictObject({ id: z.string(), schedule: z.string(), periodEnd: LocalDate });

/**
 * The runs with a payout that somebody has held for this long. A run of which a notice was written is left out: its dedupe key is `notice`, the
 * id of the run and the day.
 */
export const listHoldingRuns = (
  db: Database,
  forMs: number,
  { notice, day }: { notice: string; day: string },
  limit: number,
): Promise<readonly z.infer<typeof HoldingRow>[]> =>
  db.any(sql.type(HoldingRow)`
    select run.id, schedule.code as schedule, run.period_end as "periodEnd"
    from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
    where run.id in (
      select payout.run_id from payout where ${isHeld} and payout.held_at < now() - ${forMs} * interval '1 millisecond')
      and not exists (select from notification where dedupe_key = concat_ws('/', ${notice}::text, run.id, ${day}::text))
    order by run.id limit ${limit}`);
