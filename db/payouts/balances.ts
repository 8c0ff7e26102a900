import { sql } from 'slonik';
import { z } from 'zod';

import type { AsOf } from '../../domain/as-of.ts';
import { isKnown, joinPayout, knownAt } from '../as-of.ts';
import { Currency } from '../column-types.ts';
import type { Database } from '../database.ts';

const BalanceRow = z.strictObject({
  currency: Currency,
  /** The sum of the other four. */
  earnedMinor: z.bigint(),
  /** The part that was released later than the day. */
  heldMinor: z.bigint(),
  /** The part that was free on the day and in no payout. */
  payableMinor: z.bigint(),
  inPayoutMinor: z.bigint(),
  paidMinor: z.bigint(),
});
export type Balance = z.infer<typeof BalanceRow>;

/** The balances of a partner by currency, as they were known at an instant. */
export const listBalancesAsOf = (db: Database, partnerId: bigint, asOf: AsOf): Promise<readonly Balance[]> => {
  const day =
    asOf.day === null
      ? sql.fragment`(${knownAt(asOf)} at time zone schedule.zone)::date`
      : sql.fragment`${asOf.day}::date`;
  const sum = (filter: ReturnType<typeof sql.fragment>) =>
    sql.fragment`coalesce(sum(line.amount_minor) filter (where ${filter}), 0)::bigint`;
  return db.any(sql.type(BalanceRow)`
    select line.currency, sum(line.amount_minor)::bigint as "earnedMinor",
      ${sum(sql.fragment`payout.id is null and line.available_on > ${day}`)} as "heldMinor",
      ${sum(sql.fragment`payout.id is null and line.available_on <= ${day}`)} as "payableMinor",
      ${sum(sql.fragment`payout.id is not null and payout.status <> 'settled'`)} as "inPayoutMinor",
      ${sum(sql.fragment`payout.id is not null and payout.status = 'settled'`)} as "paidMinor"
    from program join pay_schedule schedule on schedule.id = program.schedule_id
    join earning_line line on line.program_id = program.id and line.partner_id = ${partnerId}
    ${joinPayout(sql.fragment`line.id`, asOf)}
    where ${isKnown(asOf, sql.fragment`line.booked_at`)}
      and not exists (
        select from earning_line part where part.split_from = line.id and ${isKnown(asOf, sql.fragment`part.booked_at`)})
    group by line.currency order by line.currency`);
};
