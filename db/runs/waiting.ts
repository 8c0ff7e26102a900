import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import { GATEWAYS, METHODS } from '../../domain/rails.ts';
import { RUN_STATUSES } from '../../domain/runs/run.ts';
import { Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

const WaitingRow = z.strictObject({
  id: z.string(),
  status: z.enum(PAYOUT_STATUSES),
  statusAt: Instant,
  method: z.enum(METHODS),
  gateway: z.enum(GATEWAYS),
  attempt: z.enum(ATTEMPT_STATES).nullable(),
  attemptAt: Instant.nullable(),
  runStatus: z.enum(RUN_STATUSES),
  reviewSince: Instant.nullable(),
  payOn: LocalDate,
  isPayDay: z.boolean(),
  gatewayPausedAt: Instant.nullable(),
  heldAt: Instant.nullable(),
  heldReason: z.string().nullable(),
});
export type WaitingPayout = z.infer<typeof WaitingRow>;

const selectWaiting = sql.fragment`
  select payout.id, payout.status, payout.status_at as "statusAt", payout.method, payout.gateway, attempt.state as attempt,
    attempt.state_at as "attemptAt", run.status as "runStatus", run.review_since as "reviewSince", run.pay_on as "payOn",
    run.pay_on <= (now() at time zone schedule.zone)::date as "isPayDay", pause.paused_at as "gatewayPausedAt",
    payout.held_at as "heldAt", payout.held_reason as "heldReason"
  from payout join payout_run run on run.id = payout.run_id join pay_schedule schedule on schedule.id = run.schedule_id
  left join payout_attempt attempt on attempt.payout_id = payout.id and attempt.state <> 'failed'
  left join gateway_pause pause on pause.gateway = payout.gateway`;

/** The facts that say why a payout waits. */
export const readWaiting = (db: Database, payoutId: string): Promise<WaitingPayout> =>
  db.one(sql.type(WaitingRow)`${selectWaiting} where payout.id = ${payoutId}`);

const WAITING_MAX = 20;

/** The same for the newest payouts of a partner that are not over, of one schedule and currency. */
export const listWaiting = (
  db: Database,
  { partnerId, scheduleId, currency }: { partnerId: bigint; scheduleId: number; currency: string },
): Promise<readonly WaitingPayout[]> =>
  db.any(sql.type(WaitingRow)`
    ${selectWaiting}
    where payout.partner_id = ${partnerId} and run.schedule_id = ${scheduleId} and payout.currency = ${currency}
      and payout.status in ('draft', 'approved', 'executing', 'sent')
    order by payout.created_at desc limit ${WAITING_MAX}`);
