import { sql } from 'slonik';
import { z } from 'zod';

import { ControlTotal, type OnFile } from '../../domain/books/audit.ts';
import { Failure } from '../../domain/errors.ts';
import type { UnitCode } from '../../domain/unit.ts';
import { Count, Id, Instant, LocalDate, MinorText, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import { changesRow, type Database } from '../database.ts';

export const AUDIT_STATES = ['running', 'done', 'failed'] as const;

const AuditRow = z.strictObject({
  id: z.string(),
  program: z.string(),
  programId: z.number(),
  zone: z.string(),
  month: LocalDate,
  controls: z.array(ControlTotal),
  state: z.enum(AUDIT_STATES),
  /** The last partner that was compared. */
  doneThrough: z.bigint(),
  notWorkedOut: Count,
  askedBy: z.string().nullable(),
  askedAt: Instant,
  endedAt: Instant.nullable(),
});
export type Audit = z.infer<typeof AuditRow>;

const selectAudit = sql.fragment`
  select audit.id, program.code as program, audit.program_id as "programId", schedule.zone, audit.month, audit.controls, audit.state,
    audit.done_through as "doneThrough", audit.not_worked_out as "notWorkedOut", actor.code as "askedBy", audit.asked_at as "askedAt",
    audit.ended_at as "endedAt"
  from audit join program on program.id = audit.program_id join pay_schedule schedule on schedule.id = program.schedule_id
  left join actor on actor.id = audit.asked_by`;

export async function getAudit(db: Database, id: string): Promise<Audit> {
  const audit = await db.maybeOne(sql.type(AuditRow)`${selectAudit} where audit.id = ${id}`);
  if (!audit) throw new Failure('not_found', `There is no audit ${id}.`);
  return audit;
}

/** The audits of a program, the newest first. */
export const listAudits = (
  db: Database,
  programId: number,
  before: string | null,
  limit: number,
): Promise<readonly Audit[]> =>
  db.any(sql.type(AuditRow)`
    ${selectAudit} where audit.program_id = ${programId} and (${before}::uuid is null or audit.id < ${before}::uuid)
    order by audit.id desc limit ${limit}`);

export type NewAudit = {
  programId: number;
  month: string;
  controls: readonly ControlTotal[];
  askedBy: string;
};

export const insertAudit = (db: Database, { programId, month, controls, askedBy }: NewAudit): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into audit(program_id, month, controls, asked_by)
    values (${programId}, ${month}, ${JSON.stringify(controls)}::jsonb, ${askedBy}) returning id`);

/** Writes the audits that start by themselves: of every program, of a month in which it was there. Those that are there already stay. */
export const insertMonthlyAudits = (db: Database, month: string) =>
  db.query(sql.unsafe`
    insert into audit(program_id, month) select id, ${month}::date from program where created_at < ${month}::date + interval '1 month'
    on conflict do nothing`);

/** The audits that are still to be worked out. */
export const listRunningAudits = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`select id from audit where state = 'running' order by id`);

export type AuditSum = {
  readonly partnerId: bigint;
  readonly unit: UnitCode;
  readonly eventCount: number;
  readonly earnedMinor: bigint;
  readonly bookedMinor: bigint;
  readonly postedMinor: bigint;
  readonly ledgerMinor: bigint;
  readonly events: readonly string[];
};

export type AuditedPage = {
  readonly id: string;
  /** The last partner of the page before, and that of this one. */
  readonly after: bigint;
  readonly through: bigint;
  readonly notWorkedOut: number;
  readonly sums: readonly AuditSum[];
  readonly onFile: readonly OnFile[];
};

/** Writes the sums of some partners. Returns whether nobody had written them before. Called in a transaction. */
export async function saveAuditedPage(db: Database, page: AuditedPage): Promise<boolean> {
  const { id, after, through, notWorkedOut, sums, onFile } = page;
  const isNext = await changesRow(
    db,
    sql.unsafe`
      update audit set done_through = ${through}, not_worked_out = not_worked_out + ${notWorkedOut}
      where id = ${id} and done_through = ${after} and state = 'running'`,
  );
  if (!isNext) return false;
  await db.query(sql.unsafe`
    insert into audit_sum(audit_id, partner_id, unit, event_count, earned_minor, booked_minor, posted_minor, ledger_minor, events)
    select ${id}::uuid, partner_id, unit, event_count, earned, booked, posted, ledger,
      array(select jsonb_array_elements_text(events::jsonb))
    from ${unnestColumns(
      ['int8', 'text', 'int8', 'int8', 'int8', 'int8', 'int8', 'text'],
      sums.map((sum) => [
        sum.partnerId,
        sum.unit,
        sum.eventCount,
        sum.earnedMinor,
        sum.bookedMinor,
        sum.postedMinor,
        sum.ledgerMinor,
        JSON.stringify(sum.events),
      ]),
    )} as given(partner_id, unit, event_count, earned, booked, posted, ledger, events)`);
  await db.query(sql.unsafe`
    insert into audit_source as total(audit_id, source, kind, currency, event_count, exact_amount)
    select ${id}::uuid, source, kind, currency, event_count, exact_amount
    from ${unnestColumns(
      ['text', 'text', 'text', 'int8', 'numeric'],
      onFile.map(({ source, kind, currency, count, exact }) => [source, kind, currency, count, exact]),
    )} as given(source, kind, currency, event_count, exact_amount)
    on conflict (audit_id, source, kind, currency) do update
    set event_count = total.event_count + excluded.event_count, exact_amount = total.exact_amount + excluded.exact_amount`);
  return true;
}

export const endAudit = (db: Database, id: string, state: 'done' | 'failed'): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`update audit set state = ${state}, ended_at = now() where id = ${id} and state = 'running'`,
  );

const TotalRow = z.strictObject({
  unit: Unit,
  partners: Count,
  earnedMinor: z.bigint(),
  bookedMinor: z.bigint(),
  postedMinor: z.bigint(),
  ledgerMinor: z.bigint(),
  differences: Count,
});
export type AuditTotal = z.infer<typeof TotalRow>;

/** Two windows whose differences add up to nothing differ too, so the events say it, and not the sums. */
const differs = sql.fragment`(events <> '{}' or posted_minor <> ledger_minor)`;

/** The totals of an audit by unit. Units are never added. */
export const listAuditTotals = (db: Database, id: string): Promise<readonly AuditTotal[]> =>
  db.any(sql.type(TotalRow)`
    select unit, count(*) as partners, sum(earned_minor)::bigint as "earnedMinor", sum(booked_minor)::bigint as "bookedMinor",
      sum(posted_minor)::bigint as "postedMinor", sum(ledger_minor)::bigint as "ledgerMinor",
      count(*) filter (where ${differs}) as differences
    from audit_sum where audit_id = ${id} group by unit order by unit`);

const OnFileRow = z.strictObject({
  source: z.string(),
  kind: z.string(),
  currency: z.string(),
  count: Count,
  exact: MinorText,
});

export const listAuditSources = (db: Database, id: string): Promise<readonly OnFile[]> =>
  db.any(sql.type(OnFileRow)`
    select source, kind, currency, event_count as count, exact_amount::text as exact from audit_source
    where audit_id = ${id} order by source, kind, currency`);

const DifferenceRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  unit: Unit,
  earnedMinor: z.bigint(),
  bookedMinor: z.bigint(),
  postedMinor: z.bigint(),
  ledgerMinor: z.bigint(),
  events: z.array(z.string()),
});
export type AuditDifference = z.infer<typeof DifferenceRow>;
export type DifferenceKey = { partnerId: bigint; unit: string };

/** The partners and units in which the books differ from what was worked out again. */
export const listAuditDifferences = (
  db: Database,
  id: string,
  after: DifferenceKey | null,
  limit: number,
): Promise<readonly AuditDifference[]> =>
  db.any(sql.type(DifferenceRow)`
    select sums.partner_id as "partnerId", partner.code as partner, sums.unit, earned_minor as "earnedMinor",
      booked_minor as "bookedMinor", posted_minor as "postedMinor", ledger_minor as "ledgerMinor", events
    from (
      select * from audit_sum
      where audit_id = ${id} and ${differs}
        and (${after === null ? null : String(after.partnerId)}::int8 is null
          or (partner_id, unit) > (${after === null ? null : String(after.partnerId)}::int8, ${after?.unit ?? ''}))
      order by partner_id, unit limit ${limit}
    ) sums join partner on partner.id = sums.partner_id
    order by sums.partner_id, sums.unit`);

const PostedRow = z.strictObject({ partnerId: z.bigint(), unit: Unit, minor: z.bigint() });

/** The amounts that accrual of a program posted to the balances of partners within some instants, by partner and currency. */
export const sumAccrualPostings = (
  db: Database,
  { programId, partnerIds, from, until }: { programId: number; partnerIds: readonly bigint[]; from: Date; until: Date },
): Promise<readonly z.infer<typeof PostedRow>[]> =>
  db.any(sql.type(PostedRow)`
    select account.partner_id as "partnerId", journal.currency::text as unit, -sum(entry.amount_minor)::bigint as minor
    from unnest(${sql.array(partnerIds.map(String), 'int8')}) asked(partner_id)
    cross join currency
    join ledger_account account on account.code = 'partner:payable:' || asked.partner_id || ':' || currency.code
    join ledger_entry entry on entry.account_id = account.id
    join ledger_journal journal on journal.id = entry.journal_id
    join accrual_batch batch on batch.id = case when journal.kind = 'accrual' then split_part(journal.idempotency_key, '/', 1)::bigint end
    where journal.kind = 'accrual' and batch.program_id = ${programId}
      and journal.recorded_at >= ${from.toISOString()}::timestamptz and journal.recorded_at < ${until.toISOString()}::timestamptz
    group by account.partner_id, journal.currency`);
