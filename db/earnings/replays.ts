import { sql } from 'slonik';
import { z } from 'zod';

import { OUR_SOURCE, RE_RATING } from '../../domain/event.ts';
import type { ScopeName } from '../../domain/earnings/target.ts';
import { WINDOWS } from '../../domain/programs/incentives/window.ts';
import { Instant, LocalDate, Unit } from '../column-types.ts';
import type { Database } from '../database.ts';
import { type DueEvent, eventColumns, eventShape } from './accrual.ts';

/** The queries of a replay, which reads past events in the order in which they were worked out. */

/** A replay reads all events of some partners, which takes longer than any other query of ours may take. */
const STATEMENT_TIMEOUT = '30min';
const WORK_MEM = '64MB';

/** Prepares a transaction that reads one snapshot for a long time. It must be its first statement. */
export async function expectLongRead(tx: Database): Promise<void> {
  await tx.query(sql.unsafe`set transaction isolation level repeatable read, read only`);
  await tx.query(sql.unsafe`
    select set_config('statement_timeout', ${STATEMENT_TIMEOUT}, true), set_config('work_mem', ${WORK_MEM}, true)`);
}

/** The partners who ever took part in a program, and those above them who earn by it, by id. */
export const listParticipants = (
  db: Database,
  programId: number,
  after: bigint,
  limit: number,
): Promise<readonly bigint[]> =>
  db.anyFirst(sql.type(z.strictObject({ id: z.bigint() }))`
    select partner.id from partner
    where partner.id > ${after} and (
      exists (select from agreement_term term where term.program_id = ${programId} and term.partner_id = partner.id)
      or exists (
        select from event_ancestor above join event on event.id = above.event_id
        where above.partner_id = partner.id and event.program_id = ${programId}))
    order by partner.id limit ${limit}`);

const BigintText = z.string().transform(BigInt);
const Booked = z.strictObject({
  /** The event that it is about. */
  originId: BigintText,
  incentiveId: z.string(),
  versionId: z.number(),
  currency: Unit,
  minor: BigintText,
  /** The part that its budget did not pay. Null where it has no budget. */
  unfunded: BigintText.nullable(),
  /** The quota with which its window was compared. Null where none was set, or none is asked for. */
  quota: BigintText.nullable(),
  /** The window in which it counts. Null where its event is paid by itself. */
  scope: z.object({ window: z.enum(WINDOWS), start: LocalDate, measure: z.string(), group: z.string() }).nullable(),
});
/** An earning as it is in the books. */
export type Booked = z.infer<typeof Booked>;

const ReplayRow = z.strictObject({
  ...eventShape,
  partnerId: z.bigint(),
  childId: z.bigint().nullable(),
  level: z.number().nullable(),
  versionId: z.number().nullable(),
  /** Whether it is still to be worked out. Nothing is booked for it then. */
  isDue: z.boolean(),
  /** Whether it has refunds, other revisions or shares, or whether events of its partner were worked out again. */
  hasHistory: z.boolean(),
  /** Whether it has no higher revision. */
  isLatest: z.boolean(),
  booked: z.array(Booked),
  /** When it was worked out, in epoch milliseconds. */
  bookedAtMs: z.number(),
});
export type ReplayEvent = z.infer<typeof ReplayRow> & DueEvent;

/**
 * Opens the cursor `replay` over the events of partners in a program: partner by partner, in the order in which they were worked out. An
 * event that nothing is booked for stands after those that came before it. Each event comes once for every partner who has, or had, a part
 * in it.
 */
export const openReplay = (db: Database, programId: number, partnerIds: readonly bigint[]) => {
  const partners = sql.array(partnerIds.map(String), 'int8');
  return db.query(sql.unsafe`
    declare replay no scroll cursor for
    with mine as (
      select partner_id, source, coalesce(about, source_id) as key from event
      where partner_id = any(${partners}) and program_id = ${programId}
      union
      select share.partner_id, event.source, coalesce(event.about, event.source_id)
      from event_share share join event on event.id = share.event_id
      where share.partner_id = any(${partners}) and event.program_id = ${programId}
    ), linked as (
      select above.partner_id, above.child_id, above.level, above.plan_version_id, event.id, false as is_again
      from event_ancestor above join event on event.id = above.event_id
      where above.partner_id = any(${partners}) and event.program_id = ${programId}
      union all
      select mine.partner_id, null, null, null, event.id, event.kind = ${RE_RATING} and event.source = ${OUR_SOURCE}
      from mine join event on event.source = mine.source and event.source_id = mine.key
      where event.program_id = ${programId}
      union all
      select mine.partner_id, null, null, null, event.id, false from mine join event on event.source = mine.source and event.about = mine.key
      where event.program_id = ${programId}
    ), rerated as (
      select distinct partner_id from event
      where partner_id = any(${partners}) and program_id = ${programId} and kind = ${RE_RATING} and source = ${OUR_SOURCE}
    ), counted as (
      select linked.partner_id, linked.child_id, linked.level, linked.plan_version_id, linked.id, booked.batch_id, booked.earnings,
        max(booked.batch_id) over (partition by linked.partner_id order by linked.id) as batch_before
      from linked
      left join lateral (
        select min(batch_id) as batch_id, jsonb_agg(jsonb_build_object('originId', origin_id::text, 'incentiveId', incentive_id, 'versionId', plan_version_id,
          'currency', currency, 'minor', amount_minor::text, 'unfunded', unfunded_minor::text, 'quota', before->'quota',
          'scope', (
            select jsonb_build_object('window', time_window, 'start', window_start, 'measure', measure, 'group', group_value)
            from earning_scope scope where scope.id = earning.scope_id)) order by n) as earnings
        from earning where earning.event_id = linked.id and earning.partner_id = linked.partner_id
          and (earning.child_id is not distinct from linked.child_id or linked.is_again)
      ) booked on true
    )
    select ${eventColumns}, counted.partner_id as "partnerId", counted.child_id as "childId", counted.level, counted.plan_version_id as "versionId", due.event_id is not null as "isDue",
      event.share_count > 0 or event.revision > 1 or event.about is not null
        or counted.partner_id in (select partner_id from rerated)
        or exists (select from event refund where refund.source = event.source and refund.about = event.source_id)
        or exists (select from event later where later.source = event.source and later.source_id = event.source_id and later.revision > 1)
        as "hasHistory",
      not exists (
        select from event later where later.source = event.source and later.source_id = event.source_id and later.revision > event.revision
      ) as "isLatest",
      coalesce(counted.earnings, '[]') as booked, coalesce(batch.booked_at, event.booked_at) as "bookedAtMs"
    from counted join event on event.id = counted.id
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    left join accrual_batch batch on batch.id = coalesce(counted.batch_id, counted.batch_before)
    left join event_due due on due.event_id = event.id and due.partner_id = counted.partner_id
      and due.child_id is not distinct from counted.child_id
    order by counted.partner_id, coalesce(counted.batch_id, counted.batch_before, 0), event.kind <> ${RE_RATING}, event.about is not null or event.revision > 1,
      case when event.about is null and event.revision = 1 then date_trunc('milliseconds', event.occurred_at) end, event.id, counted.child_id nulls first`);
};

/** The next events of the cursor `replay`. */
export const fetchReplay = (db: Database): Promise<readonly ReplayEvent[]> =>
  db.any(sql.type(ReplayRow)`fetch 2000 from replay`);

const EpochRow = z.strictObject({
  partnerId: z.bigint(),
  /** The instant from which these terms were known. */
  knownSince: z.number(),
  planId: z.number().nullable(),
  from: LocalDate.nullable(),
  until: LocalDate.nullable(),
});

/** The agreements of partners in a program, as they were after each of their records. Without a plan, there was none. */
export const listAgreementEpochs = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly z.infer<typeof EpochRow>[]> =>
  db.any(sql.type(EpochRow)`
    select epoch.partner_id as "partnerId", epoch.recorded_at as "knownSince", term.plan_id as "planId", term.starts_on as "from",
      term.ends_on as until
    from (
      select distinct partner_id, recorded_at from agreement_term
      where program_id = ${programId} and partner_id = any(${sql.array(partnerIds.map(String), 'int8')})
    ) epoch
    left join lateral agreement_terms_as_of(epoch.partner_id, ${programId}, epoch.recorded_at) term on true
    order by epoch.partner_id, epoch.recorded_at, term.starts_on`);

const KnownVersionRow = z.strictObject({
  id: z.number(),
  planId: z.number(),
  effectiveFrom: Instant,
  createdAt: Instant,
});
export type KnownVersion = z.infer<typeof KnownVersionRow>;

/** Every version of a program's plans that counts, newest first, with when it was written. */
export const listKnownVersions = (db: Database, programId: number): Promise<readonly KnownVersion[]> =>
  db.any(sql.type(KnownVersionRow)`
    select version.id, version.plan_id as "planId", version.effective_from as "effectiveFrom", version.created_at as "createdAt"
    from plan join plan_version version on version.plan_id = plan.id
    where plan.program_id = ${programId}
      and not exists (select from plan_version_withdrawal withdrawal where withdrawal.plan_version_id = version.id)
    order by version.effective_from desc, version.version desc`);

const WindowRow = z.strictObject({
  id: z.bigint(),
  partnerId: z.bigint(),
  incentiveId: z.string(),
  currency: Unit,
  window: z.enum(WINDOWS),
  start: LocalDate,
  measure: z.string(),
  group: z.string(),
  closesOn: LocalDate,
  closingId: z.bigint().nullable(),
});
/** A window that is earned at its close, with the event of ours that closed it. Null where it is open. */
export type ClosingWindow = ScopeName & z.infer<typeof WindowRow>;

export const listClosingWindows = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly ClosingWindow[]> =>
  db.any(sql.type(WindowRow)`
    select id, partner_id as "partnerId", incentive_id as "incentiveId", currency, time_window as window, window_start as start, measure,
      group_value as group, closes_on as "closesOn", closing_id as "closingId"
    from earning_scope
    where partner_id = any(${sql.array(partnerIds.map(String), 'int8')}) and program_id = ${programId} and closes_on is not null`);
