import { sql } from 'slonik';
import { z } from 'zod';

import type { GatewayName, Method } from '../../domain/rails.ts';
import type { Database } from '../database.ts';
import type { Payout } from './payouts.ts';

/** The reasons why payouts have not reached their providers. */

const PausesRow = z.strictObject({ isRunPaused: z.boolean(), isGatewayPaused: z.boolean() });

/**
 * Why a payout must not reach its provider now: a pause of its gateway or of its run, or a person who holds it. Undefined where nothing
 * keeps it. The claim has locked the payout.
 */
export async function whyNotSubmit(
  db: Database,
  payout: Payout,
): Promise<'held' | 'run_paused' | 'gateway_paused' | undefined> {
  if (payout.heldAt) return 'held';
  const { isRunPaused, isGatewayPaused } = await db.one(sql.type(PausesRow)`
    select (select status = 'paused' from payout_run where id = ${payout.runId}) as "isRunPaused",
      exists (select from gateway_pause where gateway = ${payout.gateway}) as "isGatewayPaused"`);
  if (isGatewayPaused) return 'gateway_paused';
  return isRunPaused ? 'run_paused' : undefined;
}

/** How many payouts of a payer were drafted for another gateway of this method, and are not frozen: their payment is still to be asked for. */
export const countUnfrozenElsewhere = async (
  db: Database,
  payerId: number,
  method: Method,
  gateway: GatewayName,
): Promise<number> =>
  Number(
    await db.oneFirst(sql.type(z.object({ count: z.bigint() }))`
      select count(*) from payout
      join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
      where schedule.payer_id = ${payerId} and payout.method = ${method} and payout.gateway <> ${gateway}
        and payout.status in ('draft', 'approved', 'executing')
        and not exists (select from payout_attempt where payout_id = payout.id and state <> 'failed')`),
  );
