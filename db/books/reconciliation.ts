import { sql } from 'slonik';
import { z } from 'zod';

import type { GatewayName } from '../../domain/rails.ts';
import type { CurrencyCode } from '../../domain/currency.ts';
import type { BreakFound, LedgerSide, ProviderSide } from '../../domain/books/reconciliation.ts';
import type { StatementDay } from '../../domain/books/statement-day.ts';
import type { Database } from '../database.ts';
import { payerGatewayRecord, unsealJson, type VaultKeys } from '../vault.ts';
import { Bytes, Currency, Instant, LocalDate } from '../column-types.ts';

const AccountRow = z.strictObject({
  payerId: z.number(),
  payer: z.string(),
  method: z.string(),
  accountRef: z.string(),
  sealed: Bytes,
  currency: Currency,
  zone: z.string(),
});

/**
 * The accounts of a gateway, the currencies that were paid through them, and the zone in which their days begin and end: that of the
 * payer's first schedule. The vault opens them for one call.
 */
export async function listStatementAccounts(db: Database, keys: VaultKeys, gateway: GatewayName) {
  const rows = await db.any(sql.type(AccountRow)`
    select carrier.payer_id as "payerId", payer.code as payer, carrier.method, carrier.account_ref as "accountRef", carrier.sealed,
      used.currency,
      (select zone from pay_schedule schedule where schedule.payer_id = carrier.payer_id order by schedule.id limit 1) as zone
    from payer_gateway carrier join payer on payer.id = carrier.payer_id
    join (select distinct schedule.payer_id, attempt.gateway, taken.currency
          from payout_attempt attempt
          cross join lateral (values (attempt.currency), (attempt.debit_fee_currency)) taken(currency)
          join payout on payout.id = attempt.payout_id join payout_run run on run.id = payout.run_id
          join pay_schedule schedule on schedule.id = run.schedule_id
          where taken.currency is not null) used
      on used.payer_id = carrier.payer_id and used.gateway = carrier.gateway
    where carrier.gateway = ${gateway} order by carrier.payer_id, used.currency`);
  return rows.map(({ method, sealed, ...row }) => ({
    ...row,
    account: unsealJson(keys, payerGatewayRecord(row.payerId, method), sealed) as Record<string, unknown>,
  }));
}

/** Whether a statement of a day was ever read, for any payer. */
export const isDayRead = (db: Database, gateway: GatewayName, day: string): Promise<boolean> =>
  db.exists(
    sql.unsafe`select 1 from recon_report where gateway = ${gateway} and day = ${day}::date and read_at is not null`,
  );

export type ReportKey = { gateway: GatewayName; payerId: number; currency: CurrencyCode; day: StatementDay };
export type ReportLine = {
  id: string;
  kind: string;
  currency: string;
  minor: bigint;
  occurredAt: Date;
  reference: string | null;
  key: string | null;
};

/**
 * Stores a statement. When it is read again, it gains the new lines, and a new version of each line that the provider corrected. This
 * also matches lines with attempts and batches. A fee may be in another currency than the statement.
 */
export async function saveReport(db: Database, report: ReportKey, lines: readonly ReportLine[]): Promise<void> {
  const id = await db.oneFirst(sql.type(z.object({ id: z.string() }))`
    insert into recon_report(gateway, payer_id, currency, day, read_at)
    values (${report.gateway}, ${report.payerId}, ${report.currency}, ${report.day.date}::date, now())
    on conflict (gateway, payer_id, currency, day) do update set read_at = now(), tried_at = now(), problem = null returning id`);
  await db.query(sql.unsafe`
    insert into recon_line(report_id, line_id, version, gateway, kind, currency, amount_minor, occurred_at, reference,
      matched_attempt_id, matched_batch_id)
    select ${id}, line.id, coalesce(known.version + known.is_corrected::int, 1), ${report.gateway}, line.kind, line.currency,
      line.amount_minor, line.occurred_at, coalesce(line.reference, line.key), attempt.id, batch.id
    from ${sql.unnest(
      lines.map((line) => [
        line.id,
        line.kind,
        line.currency,
        String(line.minor),
        line.occurredAt.toISOString(),
        line.reference,
        line.key,
      ]),
      ['text', 'text', 'text', 'int8', 'timestamptz', 'text', 'text'],
    )} as line(id, kind, currency, amount_minor, occurred_at, reference, key)
    left join payout_attempt attempt on attempt.gateway = ${report.gateway}
      and (attempt.provider_ref = line.reference or attempt.provider_key = line.key)
    left join provider_batch batch on batch.gateway = ${report.gateway}
      and (batch.provider_ref = line.reference or batch.provider_key = line.key)
    left join lateral (
      select told.version, (told.kind, told.amount_minor, told.occurred_at, told.reference)
        is distinct from (line.kind, line.amount_minor, line.occurred_at, coalesce(line.reference, line.key)) as is_corrected
      from recon_line told where told.report_id = ${id} and told.line_id = line.id order by told.version desc limit 1
    ) known on true
    on conflict (report_id, line_id, version) do update
      set matched_attempt_id = excluded.matched_attempt_id, matched_batch_id = excluded.matched_batch_id`);
  await db.query(sql.unsafe`
    update recon_report set line_count = (select count(distinct line_id) from recon_line where report_id = ${id})
    where id = ${id}`);
}

/** Notes why a statement could not be read. The lines of an earlier read stay. */
export const saveProblem = (db: Database, { gateway, payerId, currency, day }: ReportKey, problem: string) =>
  db.query(sql.unsafe`
    insert into recon_report(gateway, payer_id, currency, day, problem)
    values (${gateway}, ${payerId}, ${currency}, ${day.date}::date, ${problem})
    on conflict (gateway, payer_id, currency, day) do update set tried_at = now(), problem = excluded.problem`);

/** Notes how many breaks were open for a statement when it was last compared. */
export const countBreaks = (db: Database, { gateway, payerId, currency, day }: ReportKey, count: number) =>
  db.query(sql.unsafe`
    update recon_report set break_count = ${count}
    where gateway = ${gateway} and payer_id = ${payerId} and currency = ${currency} and day = ${day.date}::date`);

/** The last version of a line. Earlier versions stay as facts, but no longer count. */
const isLatest = sql.fragment`
  not exists (select from recon_line newer
              where newer.report_id = line.report_id and newer.line_id = line.line_id and newer.version > line.version)`;

const LedgerRow = z.strictObject({
  attemptId: z.string(),
  currency: Currency,
  paidMinor: z.bigint(),
  feeMinor: z.bigint(),
  returnedMinor: z.bigint(),
  isUnknown: z.boolean(),
  submittedAt: Instant,
  batchId: z.string().nullable(),
});

/**
 * The ledger's side of a day: the attempts that the day's lines name, alone or as a batch, and those that were submitted or last booked on
 * that day. An attempt that was booked on a later day is left out until that day is read, because no statement need show it before. A
 * payment whose fee is in another currency is in both: the payment here, the fee there.
 */
export const listLedgerSide = (
  db: Database,
  { gateway, payerId, currency, day }: ReportKey,
): Promise<readonly LedgerSide[]> => {
  const linesOfDay = sql.fragment`
    recon_line line join recon_report report on report.id = line.report_id
    where report.gateway = ${gateway} and report.payer_id = ${payerId} and line.currency = ${currency} and report.day = ${day.date}::date`;
  return db.any(sql.type(LedgerRow)`
    select attempt.id as "attemptId", taken.currency, attempt.batch_id as "batchId", attempt.submitted_at as "submittedAt",
      sum(taken.paid)::bigint as "paidMinor", sum(taken.fee)::bigint as "feeMinor", sum(taken.returned)::bigint as "returnedMinor",
      attempt.state = 'unknown' and taken.currency = attempt.currency as "isUnknown"
    from payout_attempt attempt
    cross join lateral (values
      (attempt.currency, coalesce(attempt.debited_minor, 0), 0, coalesce(attempt.returned_minor, 0)),
      (coalesce(attempt.debit_fee_currency, attempt.currency), 0, coalesce(attempt.debit_fee_minor, 0), 0)
    ) taken(currency, paid, fee, returned)
    join payout on payout.id = attempt.payout_id join payout_run run on run.id = payout.run_id
    join pay_schedule schedule on schedule.id = run.schedule_id
    where attempt.gateway = ${gateway} and taken.currency = ${currency} and schedule.payer_id = ${payerId}
      and attempt.submitted_at is not null and (coalesce(attempt.booked_at, attempt.submitted_at) < ${day.to.toISOString()} or exists (
        select from recon_report known
        where known.gateway = ${gateway} and known.payer_id = ${payerId} and known.currency = ${currency} and known.read_at is not null
          and known.day = (coalesce(attempt.booked_at, attempt.submitted_at) at time zone ${day.zone})::date))
      and attempt.id in (
        select id from payout_attempt where gateway = ${gateway} and submitted_at >= ${day.from.toISOString()}
        union
        select id from payout_attempt where gateway = ${gateway} and booked_at >= ${day.from.toISOString()}
        union
        select line.matched_attempt_id from ${linesOfDay}
        union
        select id from payout_attempt where batch_id in (select line.matched_batch_id from ${linesOfDay}))
    group by attempt.id, taken.currency order by attempt.id`);
};

const ProviderRow = z.strictObject({
  attemptId: z.string().nullable(),
  lineId: z.string(),
  kind: z.enum(['payout', 'fee', 'return', 'funding', 'other']),
  currency: Currency,
  minor: z.bigint(),
  batchId: z.string().nullable(),
});

/**
 * The provider's side of a day: every line, of any day, about these attempts, and the day's lines that match no attempt. A line that two
 * days show is one line if it happened at one time. The same id at another time is another line.
 */
export const listProviderSide = (
  db: Database,
  { gateway, payerId, currency, day }: ReportKey,
  attemptIds: readonly string[],
): Promise<readonly ProviderSide[]> =>
  db.any(sql.type(ProviderRow)`
    with compared as (
      select id, batch_id from payout_attempt where id = any(${sql.array(attemptIds, 'uuid')})
    ), line as (
      select line.* from recon_line line join compared on compared.id = line.matched_attempt_id
      union
      select line.* from recon_line line where line.matched_batch_id in (select batch_id from compared)
      union
      select line.* from recon_line line join recon_report report on report.id = line.report_id
      where line.matched_attempt_id is null
        and report.gateway = ${gateway} and report.payer_id = ${payerId} and report.day = ${day.date}::date
    )
    select distinct on (line.line_id, line.occurred_at) line.matched_attempt_id as "attemptId", line.line_id as "lineId", line.kind,
      line.currency, line.amount_minor as "minor", line.matched_batch_id as "batchId"
    from line join recon_report report on report.id = line.report_id
    where report.gateway = ${gateway} and report.payer_id = ${payerId} and line.currency = ${currency} and ${isLatest}
    order by line.line_id, line.occurred_at`);

/** Opens the breaks that were found, and closes earlier breaks of the same attempts and lines that were not found again. */
export async function saveBreaks(
  db: Database,
  { gateway, currency }: Pick<ReportKey, 'gateway' | 'currency'>,
  subjects: readonly string[],
  found: readonly BreakFound[],
): Promise<number> {
  await db.query(sql.unsafe`
    update recon_break set resolved_at = now(), resolution = 'the next reconciliation found that both sides agree'
    where gateway = ${gateway} and currency = ${currency} and resolved_at is null and subject = any(${sql.array(subjects, 'text')})
      and (kind, subject) not in (select * from ${sql.unnest(
        found.map(({ kind, subject }) => [kind, subject]),
        ['text', 'text'],
      )} as f(k, s))`);
  await db.query(sql.unsafe`
    insert into recon_break(gateway, kind, subject, attempt_id, currency, expected_minor, found_minor)
    select ${gateway}, * from ${sql.unnest(
      found.map((b) => [b.kind, b.subject, b.attemptId, b.currency, String(b.expectedMinor), String(b.foundMinor)]),
      ['text', 'text', 'uuid', 'text', 'int8', 'int8'],
    )} as f(kind, subject, attempt_id, currency, expected_minor, found_minor)
    on conflict (gateway, kind, subject, currency) where resolved_at is null
    do update set expected_minor = excluded.expected_minor, found_minor = excluded.found_minor`);
  return found.length;
}

const StatementRow = z.strictObject({
  kind: z.string(),
  currency: Currency,
  id: z.string(),
  minor: z.bigint(),
  occurredAt: Instant,
});

/** The lines of the provider's statements about a payout, oldest first. Money that left our balance is negative. */
export const listStatementLines = (db: Database, payoutId: string): Promise<readonly z.infer<typeof StatementRow>[]> =>
  db.any(sql.type(StatementRow)`
    select distinct on (line.occurred_at, line.line_id) line.line_id as "id", line.kind, line.currency,
      line.amount_minor as "minor", line.occurred_at as "occurredAt"
    from recon_line line join payout_attempt attempt on attempt.id = line.matched_attempt_id
    where attempt.payout_id = ${payoutId} and ${isLatest} order by line.occurred_at, line.line_id`);

const BreakRow = z.strictObject({
  id: z.bigint(),
  gateway: z.string(),
  kind: z.string(),
  subject: z.string(),
  currency: Currency.nullable(),
  expectedMinor: z.bigint().nullable(),
  foundMinor: z.bigint().nullable(),
  openedAt: Instant,
});

/** Open breaks, oldest first, after a cursor. */
export const listBreaks = (db: Database, after: bigint, limit: number): Promise<readonly z.infer<typeof BreakRow>[]> =>
  db.any(sql.type(BreakRow)`
    select id, gateway, kind, subject, currency, expected_minor as "expectedMinor", found_minor as "foundMinor",
      opened_at as "openedAt" from recon_break
    where resolved_at is null and id > ${String(after)}::bigint order by id limit ${limit}`);

const ReportRow = z.strictObject({
  id: z.string(),
  day: LocalDate,
  payer: z.string(),
  currency: Currency,
  lineCount: z.number(),
  breakCount: z.number(),
  readAt: Instant.nullable(),
  triedAt: Instant,
  problem: z.string().nullable(),
});

/** The statements of a gateway, the newest day first, after a cursor of day and id. */
export const listReports = (
  db: Database,
  gateway: GatewayName,
  after: readonly [day: string, id: string] | null,
  limit: number,
): Promise<readonly z.infer<typeof ReportRow>[]> =>
  db.any(sql.type(ReportRow)`
    select report.id, report.day, payer.code as payer, report.currency, report.line_count as "lineCount",
      report.break_count as "breakCount", report.read_at as "readAt", report.tried_at as "triedAt", report.problem
    from recon_report report join payer on payer.id = report.payer_id
    where report.gateway = ${gateway} and ${after ? sql.fragment`(report.day, report.id) < (${after[0]}::date, ${after[1]}::uuid)` : sql.fragment`true`}
    order by report.day desc, report.id desc limit ${limit}`);

/** The zones of the accounts of a gateway that have ever paid. */
export const listAccountZones = (db: Database, gateway: GatewayName): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ zone: z.string() }))`
    select distinct zone from (
      select distinct on (carrier.payer_id) schedule.zone
      from payer_gateway carrier join pay_schedule schedule on schedule.payer_id = carrier.payer_id
      where carrier.gateway = ${gateway} order by carrier.payer_id, schedule.id) first order by zone`);
