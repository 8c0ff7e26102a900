import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { METHODS } from '../../domain/rails.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The account of a partner in the ledger, as its owner reads it: an amount that we owe more is positive. */

/** The local days of a statement in a zone. Both are included. */
export type StatementDays = { from: string; until: string; zone: string };

const begins = (day: string, zone: string): FragmentSqlToken =>
  sql.fragment`(${day}::date::timestamp at time zone ${zone})`;
const ends = (day: string, zone: string): FragmentSqlToken =>
  sql.fragment`((${day}::date + 1)::timestamp at time zone ${zone})`;

/** The entries of a partner's accounts of money, each with its journal. */
const entriesOf = (partnerId: bigint): FragmentSqlToken => sql.fragment`
  currency join ledger_account account on account.code = 'partner:payable:' || ${String(partnerId)} || ':' || currency.code
  join ledger_entry entry on entry.account_id = account.id
  join ledger_journal journal on journal.id = entry.journal_id`;

const TotalRow = z.strictObject({ currency: Currency, openingMinor: z.bigint(), closingMinor: z.bigint() });

/** The balances of a partner before the first day and at the end of the last, by currency. */
export const listPartnerTotals = (
  db: Database,
  partnerId: bigint,
  { from, until, zone }: StatementDays,
): Promise<readonly z.infer<typeof TotalRow>[]> =>
  db.any(sql.type(TotalRow)`
    select entry.currency, coalesce(-sum(entry.amount_minor) filter (where journal.recorded_at < ${begins(from, zone)}), 0)::bigint as "openingMinor",
      coalesce(-sum(entry.amount_minor), 0)::bigint as "closingMinor"
    from ${entriesOf(partnerId)}
    where journal.recorded_at < ${ends(until, zone)}
    group by entry.currency order by entry.currency`);

const MOVEMENT_KINDS = [
  'accrual',
  'send',
  'fail',
  'return',
  'suspense',
  'adjustment',
  'transfer',
  'write_off',
  'conversion',
] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

const LineRow = z.strictObject({
  currency: Currency,
  kind: z.enum(MOVEMENT_KINDS),
  at: Instant,
  minor: z.bigint(),
  /** The program of earnings. Null for all other lines. */
  program: z.string().nullable(),
  payoutId: z.string().nullable(),
  method: z.enum(METHODS).nullable(),
  /** Why two people corrected it. Null for all other lines. */
  reason: z.string().nullable(),
});
export type PartnerMovement = z.infer<typeof LineRow>;

/**
 * Every movement of a partner's balance in some days, by currency and time. Earnings of one program on one day are one line. The sum of the
 * lines is the closing balance less the opening one.
 */
export const listPartnerMovements = (
  db: Database,
  partnerId: bigint,
  { from, until, zone }: StatementDays,
): Promise<readonly PartnerMovement[]> =>
  db.any(sql.type(LineRow)`
    with moved as (
      select entry.currency, journal.kind, journal.recorded_at, -entry.amount_minor as minor,
        case when journal.kind = 'accrual' then split_part(journal.idempotency_key, '/', 1)::int8 end as batch_id,
        case when journal.kind in ('send', 'fail', 'return') then journal.idempotency_key::uuid end as attempt_id,
        case when journal.kind = 'suspense' then journal.idempotency_key::uuid end as resolution_id,
        case when journal.kind in ('adjustment', 'transfer', 'write_off') then split_part(journal.idempotency_key, '/', 1)::uuid end as correction_id
      from ${entriesOf(partnerId)}
      where journal.recorded_at >= ${begins(from, zone)} and journal.recorded_at < ${ends(until, zone)}
    )
    select moved.currency, moved.kind, max(moved.recorded_at) as at, sum(moved.minor)::bigint as minor,
      program.code as program, payout.id as "payoutId", payout.method, why.reason
    from moved
    left join accrual_batch batch on batch.id = moved.batch_id left join program on program.id = batch.program_id
    left join payout_attempt attempt on attempt.id = moved.attempt_id
    left join resolution on resolution.id = moved.resolution_id
    left join payout on payout.id = coalesce(attempt.payout_id, resolution.payout_id)
    left join lateral (
      select string_agg(distinct coalesce(item.reason, correction.reason), '; ') as reason
      from correction join correction_item item on item.correction_id = correction.id
      where correction.id = moved.correction_id and item.partner_id = ${partnerId}
    ) why on true
    group by moved.currency, moved.kind, (moved.recorded_at at time zone ${zone})::date, program.code, payout.id, why.reason,
      case when moved.kind = 'accrual' then null else moved.recorded_at end
    order by moved.currency, max(moved.recorded_at), moved.kind, program.code`);
