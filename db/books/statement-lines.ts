import { sql } from 'slonik';
import { z } from 'zod';

import { BREAK_KINDS } from '../../domain/books/reconciliation.ts';
import { Failure } from '../../domain/errors.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

const ReportRow = z.strictObject({
  id: z.string(),
  gateway: z.enum(GATEWAYS),
  payer: z.string(),
  currency: Currency,
  day: LocalDate,
  lineCount: z.number(),
  breakCount: z.number(),
  readAt: Instant.nullable(),
  problem: z.string().nullable(),
});
/** The statement of an account for one day. */
export type Report = z.infer<typeof ReportRow>;

export async function getReport(db: Database, id: string): Promise<Report> {
  const report = await db.maybeOne(sql.type(ReportRow)`
    select report.id, report.gateway, payer.code as payer, report.currency, report.day, report.line_count as "lineCount",
      report.break_count as "breakCount", report.read_at as "readAt", report.problem
    from recon_report report join payer on payer.id = report.payer_id where report.id = ${id}`);
  if (!report) throw new Failure('not_found', `There is no statement ${id}.`);
  return report;
}

const LineRow = z.strictObject({
  lineId: z.string(),
  kind: z.enum(['payout', 'fee', 'return', 'funding', 'other']),
  currency: Currency,
  minor: z.bigint(),
  occurredAt: Instant,
  reference: z.string().nullable(),
  batchId: z.string().nullable(),
  payoutId: z.string().nullable(),
  partner: z.string().nullable(),
  payoutCurrency: Currency.nullable(),
  /** The sum of the payout's lines, its gross and net amounts, and the amount that the provider told us that it took. */
  earnedMinor: z.bigint().nullable(),
  grossMinor: z.bigint().nullable(),
  netMinor: z.bigint().nullable(),
  takenMinor: z.bigint().nullable(),
  /** The kinds of the open breaks about it. */
  breaks: z.array(z.enum(BREAK_KINDS)),
});
/** A line of a statement, with the payment that it names in our books. */
export type MatchedLine = z.infer<typeof LineRow>;

/** The lines of a statement in their last versions, after a cursor. */
export const listReportLines = (
  db: Database,
  reportId: string,
  after: string,
  limit: number,
): Promise<readonly MatchedLine[]> =>
  db.any(sql.type(LineRow)`
    select line.line_id as "lineId", line.kind, line.currency, line.amount_minor as minor, line.occurred_at as "occurredAt",
      line.reference, line.matched_batch_id as "batchId", payout.id as "payoutId", partner.code as partner,
      payout.currency as "payoutCurrency",
      (select sum(amount_minor)::bigint from payout_line where payout_id = payout.id) as "earnedMinor",
      payout.gross_minor as "grossMinor", payout.net_minor as "netMinor", attempt.debited_minor as "takenMinor",
      array(
        select found.kind from recon_break found
        where found.gateway = line.gateway and found.resolved_at is null and found.kind = any(${sql.array([...BREAK_KINDS], 'text')})
          and found.subject = any(array['line/' || line.line_id, 'attempt/' || line.matched_attempt_id]) order by found.kind) as breaks
    from (
      select * from recon_line line
      where line.report_id = ${reportId} and line.line_id > ${after}
        and not exists (
          select from recon_line newer
          where newer.report_id = line.report_id and newer.line_id = line.line_id and newer.version > line.version)
      order by line.line_id limit ${limit}
    ) line left join payout_attempt attempt on attempt.id = line.matched_attempt_id
    left join payout on payout.id = attempt.payout_id left join partner on partner.id = payout.partner_id
    order by line.line_id`);
