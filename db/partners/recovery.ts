import { sql } from 'slonik';
import { z } from 'zod';

import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The caps on what a run takes back of an older debt: of all partners of a pay schedule, or of one. */

const CapRow = z.strictObject({
  id: z.bigint(),
  /** The partner's code. Null for all partners of the schedule. */
  partner: z.string().nullable(),
  percent: z.string().nullable(),
  reason: z.string(),
  recordedBy: z.string(),
  recordedAt: Instant,
});
export type RecoveryCap = z.infer<typeof CapRow>;

export type NewRecoveryCap = {
  scheduleId: number;
  partnerId: bigint | null;
  /** A decimal string above 0 and up to 100. Null takes the cap back. */
  percent: string | null;
  reason: string;
  by: string;
};

/** Writes a cap. Runs that begin at the same moment wait, so that each keeps the caps with which it began. */
export async function insertRecoveryCap(db: Database, cap: NewRecoveryCap): Promise<void> {
  await db.query(sql.unsafe`select from pay_schedule where id = ${cap.scheduleId} for update`);
  await db.query(sql.unsafe`
    insert into recovery_cap(schedule_id, partner_id, percent, reason, recorded_by)
    values (${cap.scheduleId}, ${cap.partnerId === null ? null : String(cap.partnerId)}::bigint, ${cap.percent}::numeric, ${cap.reason}, ${cap.by})`);
}

/** The caps of a pay schedule, newest first, before a cursor. */
export const listRecoveryCaps = (
  db: Database,
  scheduleId: number,
  before: bigint | null,
  limit: number,
): Promise<readonly RecoveryCap[]> =>
  db.any(sql.type(CapRow)`
    select cap.id, partner.code as partner, trim_scale(cap.percent)::text as percent, cap.reason, actor.code as "recordedBy",
      cap.recorded_at as "recordedAt"
    from recovery_cap cap left join partner on partner.id = cap.partner_id join actor on actor.id = cap.recorded_by
    where cap.schedule_id = ${scheduleId} and (${before}::int8 is null or cap.id < ${before})
    order by cap.id desc limit ${limit}`);
