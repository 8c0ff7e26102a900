import { sql } from 'slonik';
import { z } from 'zod';

import { PAYOUT_STATUSES } from '../../domain/payouts/payout.ts';
import { METHODS } from '../../domain/rails.ts';
import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

/** These queries are for the approver of a run. */

const TotalRow = z.strictObject({
  currency: Currency,
  count: Count,
  netMinor: z.bigint(),
  /** The total of the run before it. Null where that one paid nothing in the currency. */
  lastMinor: z.bigint().nullable(),
});
export type ReviewTotal = z.infer<typeof TotalRow>;

/** The total of a run in each currency, next to the last run of its schedule that was paid. */
export const listReviewTotals = (db: Database, run: { id: string; scheduleId: number; periodEnd: string }) =>
  db.any(sql.type(TotalRow)`
    with last as (
      select id from payout_run
      where schedule_id = ${run.scheduleId} and id <> ${run.id} and replaces_id is null and period_end < ${run.periodEnd}
        and status in ('disbursing', 'paused', 'disbursed')
      order by period_end desc, id desc limit 1
    )
    select payout.currency, count(*) as count, sum(payout.net_minor)::bigint as "netMinor",
      (select sum(earlier.net_minor)::bigint from last join payout earlier on earlier.run_id = last.id
       where earlier.currency = payout.currency and earlier.status <> 'cancelled') as "lastMinor"
    from payout where payout.run_id = ${run.id} and payout.status <> 'cancelled'
    group by payout.currency order by payout.currency`);

const ReviewRow = z.strictObject({
  id: z.string(),
  partner: z.string(),
  name: z.string(),
  kind: z.enum(PARTNER_KINDS),
  country: z.string(),
  currency: Currency,
  method: z.enum(METHODS),
  last4: z.string(),
  grossMinor: z.bigint(),
  withheldMinor: z.bigint(),
  netMinor: z.bigint(),
  status: z.enum(PAYOUT_STATUSES),
  isHeld: z.boolean(),
  /** The last payout of the partner in this currency. Null where they were never paid. */
  lastMinor: z.bigint().nullable(),
});
export type ReviewPayout = z.infer<typeof ReviewRow>;

export type ReviewPlace = { currency: string; netMinor: bigint; id: string };

/** The payouts of a run by currency, the largest first, after a cursor: all of them, or those with some ids. */
export const listReviewPayouts = (
  db: Database,
  runId: string,
  after: ReviewPlace | null,
  limit: number,
  only: readonly string[] | null = null,
): Promise<readonly ReviewPayout[]> =>
  db.any(sql.type(ReviewRow)`
    select payout.id, partner.code as partner, partner.name, partner.kind, partner.country, payout.currency, payout.method,
      instrument.last4, payout.gross_minor as "grossMinor", payout.withheld_minor as "withheldMinor", payout.net_minor as "netMinor",
      payout.status, payout.held_at is not null as "isHeld",
      (select earlier.net_minor from payout earlier
       where earlier.partner_id = payout.partner_id and earlier.currency = payout.currency and earlier.created_at < payout.created_at
         and earlier.status in ('sent', 'settled')
       order by earlier.created_at desc, earlier.id desc limit 1) as "lastMinor"
    from (
      select * from payout
      where run_id = ${runId}
        ${only === null ? sql.fragment`` : sql.fragment`and id = any(${sql.array(only, 'uuid')})`}
        and (${after?.id ?? null}::uuid is null
        or (currency, -net_minor, id) > (${after?.currency ?? null}, ${after === null ? null : String(-after.netMinor)}::bigint, ${after?.id ?? null}::uuid))
      order by currency, net_minor desc, id limit ${limit}
    ) payout
    join partner on partner.id = payout.partner_id
    join instrument_version instrument on instrument.id = payout.instrument_version_id
    order by payout.currency, payout.net_minor desc, payout.id`);

/** A text that changes whenever something on the page of a run does. It costs the same, however large the run is. */
export const readRunVersion = (db: Database, runId: string): Promise<string> =>
  db.oneFirst(sql.type(z.object({ version: z.string() }))`
    select concat_ws(' ', run.status, encode(run.content_hash, 'hex'), run.review_since,
      (select max(id) from approval where run_id = run.id), (select max(id) from run_edit where run_id = run.id),
      (select max(moved.at) from unnest(${sql.array(PAYOUT_STATUSES, 'text')}) one(status),
        lateral (select max(status_at) as at from payout where run_id = run.id and payout.status = one.status) moved)) as version
    from payout_run run where run.id = ${runId}`);
