import { sql } from 'slonik';
import { z } from 'zod';

import { BREAK_KINDS, type BreakKind } from '../../domain/books/reconciliation.ts';
import { type GatewayName, GATEWAYS } from '../../domain/rails.ts';
import { Count, Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The comparison of our books with the statements of providers and banks, as finance reads it. */

const BreakRow = z.strictObject({
  id: z.bigint(),
  gateway: z.enum(GATEWAYS),
  kind: z.enum(BREAK_KINDS),
  subject: z.string(),
  payoutId: z.string().nullable(),
  partner: z.string().nullable(),
  currency: Currency.nullable(),
  expectedMinor: z.bigint().nullable(),
  foundMinor: z.bigint().nullable(),
  openedAt: Instant,
  resolvedAt: Instant.nullable(),
  resolution: z.string().nullable(),
});
/** A difference between our books and a statement, with the payout that it is about. */
export type Break = z.infer<typeof BreakRow>;

export type BreakFilter = {
  gateway?: GatewayName | undefined;
  kind?: BreakKind | undefined;
  openedBefore?: Date | undefined;
  /** Whether to list those that are over. */
  isOver: boolean;
};

/** Breaks in the order in which they were found, after a cursor. */
export const listBreaksFound = (
  db: Database,
  { gateway, kind, openedBefore, isOver }: BreakFilter,
  after: bigint,
  limit: number,
): Promise<readonly Break[]> =>
  db.any(sql.type(BreakRow)`
    select found.id, found.gateway, found.kind, found.subject, attempt.payout_id as "payoutId", partner.code as partner,
      found.currency, found.expected_minor as "expectedMinor", found.found_minor as "foundMinor", found.opened_at as "openedAt",
      found.resolved_at as "resolvedAt", found.resolution
    from recon_break found left join payout_attempt attempt on attempt.id = found.attempt_id
    left join payout on payout.id = attempt.payout_id left join partner on partner.id = payout.partner_id
    where found.id > ${after} and (found.resolved_at is not null) = ${isOver}
      and (${gateway ?? null}::text is null or found.gateway = ${gateway ?? null})
      and (${kind ?? null}::text is null or found.kind = ${kind ?? null})
      and (${openedBefore?.toISOString() ?? null}::timestamptz is null or found.opened_at < ${openedBefore?.toISOString() ?? null}::timestamptz)
    order by found.id limit ${limit}`);

const AccountRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  payer: z.string(),
  currency: Currency,
  lastDay: LocalDate,
  lines: Count,
  /** The days without a statement, from the first statement in this time on. */
  missing: z.array(LocalDate),
  problem: z.string().nullable(),
});
/** An account at a provider or a bank, and how completely its statements were read lately. */
export type ReadAccount = z.infer<typeof AccountRow>;

/** Every account whose statements are read, with the days that are missing among the last ones before today. */
export const listReadAccounts = (db: Database, withinDays: number): Promise<readonly ReadAccount[]> =>
  db.any(sql.type(AccountRow)`
    with report as materialized (
      select gateway, payer_id, currency, day, read_at, line_count, problem from recon_report where day >= current_date - ${withinDays}::int
    ), account as (
      select gateway, payer_id, currency, min(day) as first_day, max(day) filter (where read_at is not null) as last_day,
        sum(line_count) as lines, (array_agg(problem order by day desc))[1] as problem
      from report group by gateway, payer_id, currency
    )
    select account.gateway, payer.code as payer, account.currency, coalesce(account.last_day, account.first_day) as "lastDay",
      account.lines::bigint as lines, account.problem,
      array(
        select to_char(wanted.day, 'YYYY-MM-DD') from generate_series(account.first_day, current_date - 1, interval '1 day') wanted(day)
        where not exists (
          select from report where (report.gateway, report.payer_id, report.currency) = (account.gateway, account.payer_id, account.currency)
            and report.day = wanted.day::date and report.read_at is not null)
        order by wanted.day) as missing
    from account join payer on payer.id = account.payer_id order by account.gateway, payer.code, account.currency`);

const CountRow = z.strictObject({
  gateway: z.enum(GATEWAYS),
  kind: z.enum(BREAK_KINDS),
  currency: Currency.nullable(),
  payer: z.string().nullable(),
  count: Count,
});

/** The open breaks, counted. A line that names no payment of ours has no payer. */
export const countOpenBreaks = (db: Database): Promise<readonly z.infer<typeof CountRow>[]> =>
  db.any(sql.type(CountRow)`
    select found.gateway, found.kind, found.currency, payer.code as payer, count(*) as count
    from recon_break found left join payout_attempt attempt on attempt.id = found.attempt_id
    left join payout on payout.id = attempt.payout_id left join payout_run run on run.id = payout.run_id
    left join pay_schedule schedule on schedule.id = run.schedule_id left join payer on payer.id = schedule.payer_id
    where found.resolved_at is null
    group by found.gateway, found.kind, found.currency, payer.code order by count desc, gateway, kind`);
