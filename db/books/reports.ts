import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS, METHODS } from '../../domain/rails.ts';
import { Count, Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Sums over many payouts, for finance. Each is bounded by days, and no sum is of two currencies. */

export type ReportFilter = {
  /** Local dates: the first day, and the day after the last one. */
  from: string;
  until: string;
  payerId?: number | undefined;
  programId?: number | undefined;
};

const ofPayer = (payerId: number | undefined): FragmentSqlToken =>
  payerId === undefined
    ? sql.fragment`true`
    : sql.fragment`payout.run_id in (
        select run.id from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id where schedule.payer_id = ${payerId})`;

const MonthRow = z.strictObject({ month: z.string(), currency: Currency, payouts: Count, minor: z.bigint() });
export type PaidMonth = z.infer<typeof MonthRow>;

/**
 * The payouts that settled, by month in UTC and currency. With a program, only the part that its lines pay, before tax and fees.
 */
export const listPaidByMonth = (
  db: Database,
  { from, until, payerId, programId }: ReportFilter,
): Promise<readonly PaidMonth[]> => {
  const settled = sql.fragment`
    payout where status = 'settled' and status_at >= ${from}::date and status_at < ${until}::date and ${ofPayer(payerId)}`;
  if (programId === undefined)
    return db.any(sql.type(MonthRow)`
      select to_char(begins, 'YYYY-MM') as month, currency, payouts, minor
      from (
        select date_trunc('month', status_at at time zone 'UTC') as begins, currency, count(*) as payouts, sum(net_minor)::bigint as minor
        from ${settled} group by 1, 2
      ) months order by currency, begins`);
  return db.any(sql.type(MonthRow)`
    select to_char(date_trunc('month', paid.status_at at time zone 'UTC'), 'YYYY-MM') as month, paid.currency,
      count(distinct paid.id) as payouts, sum(line.amount_minor)::bigint as minor
    from (select id, currency, status_at from ${settled}) paid join payout_line line on line.payout_id = paid.id
    join earning_line earned on earned.id = line.earning_line_id and earned.program_id = ${programId}
    group by 1, 2 order by 2, 1`);
};

const TimeRow = z.strictObject({ method: z.enum(METHODS), payouts: Count, onTime: Count });
export type OnTime = z.infer<typeof TimeRow>;

/**
 * The payouts of the runs that paid on some days, by method: how many there were, and how many the provider was asked for until the end
 * of the promised day, in the zone of their schedule.
 */
export const listOnTime = (db: Database, { from, until, payerId }: ReportFilter): Promise<readonly OnTime[]> =>
  db.any(sql.type(TimeRow)`
    with run as materialized (
      select run.id, (run.pay_on + 1)::timestamp at time zone schedule.zone as ends_at
      from payout_run run join pay_schedule schedule on schedule.id = run.schedule_id
      where run.pay_on >= ${from}::date and run.pay_on < ${until}::date
        and (${payerId ?? null}::int is null or schedule.payer_id = ${payerId ?? null}::int)
    )
    select payout.method, count(*) as payouts, count(*) filter (where asked.submitted_at < run.ends_at) as "onTime"
    from run join payout on payout.run_id = run.id and payout.status not in ('draft', 'cancelled')
    left join payout_attempt asked on asked.payout_id = payout.id and asked.attempt_no = 1
    group by payout.method order by payout.method`);

const ReasonRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  reason: z.string().nullable(),
  currency: Currency,
  payouts: Count,
  minor: z.bigint(),
});
export type FailedReason = z.infer<typeof ReasonRow>;

/** The payouts that failed or came back, by provider, reason and currency, the most frequent first. */
export const listFailedReasons = (
  db: Database,
  { from, until, payerId }: ReportFilter,
): Promise<readonly FailedReason[]> =>
  db.any(sql.type(ReasonRow)`
    select gateway, status_reason as reason, currency, count(*) as payouts, sum(net_minor)::bigint as minor
    from payout
    where status in ('failed', 'returned') and status_at >= ${from}::date and status_at < ${until}::date and ${ofPayer(payerId)}
    group by gateway, status_reason, currency order by payouts desc, gateway, reason, currency`);
