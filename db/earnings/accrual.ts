import { sql } from 'slonik';
import { z } from 'zod';

import { type Shard, SHARDS } from '../../domain/earnings/shard.ts';
import { DEAL_ATTRIBUTE } from '../../domain/earnings/deal.ts';
import { CLOSING, DEAL_WON, DIVISION, type Event, OUR_SOURCE, type Share } from '../../domain/event.ts';
import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import { type Admission, Eligibility } from '../../domain/programs/eligibility.ts';
import { RateColumn } from '../programs/exchange-rates.ts';
import { Amounts, Currency, LocalDate, ReadingColumn, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import { type DueKey, unnestDue } from './events.ts';
import { eventsOf } from './stored-events.ts';
import type { Instants } from './worked-out.ts';

/** The queries of accrual, which reads these rows before it works out what events earn. */

const ProgramRow = z.strictObject({
  id: z.number(),
  zone: z.string(),
  admission: z
    .strictObject({ partnerKinds: z.array(z.enum(PARTNER_KINDS)), eligibility: Eligibility, by: z.string().nullable() })
    .nullable(),
});
export type AccrualProgram = Pick<z.infer<typeof ProgramRow>, 'id' | 'zone'> & {
  /** The needs of the program and the person who wrote them, where events of partners who are not eligible ever earned nothing or were parked. */
  readonly admission?: (Admission & { readonly by: string | null }) | null;
};

const LOCK = 'accrual';

/** Locks a share of a program's partners against other accruals until the transaction ends. Two at once would count a volume twice. */
export async function lockShardForAccrual(
  db: Database,
  { program: code, shard }: Shard,
): Promise<AccrualProgram | null> {
  const program = await db.maybeOne(sql.type(ProgramRow)`
    select program.id, schedule.zone,
      case when bars_events then jsonb_build_object('partnerKinds', partner_kinds, 'eligibility', eligibility, 'by', admission_by) end as admission
    from program join pay_schedule schedule on schedule.id = program.schedule_id
    where program.code = ${code}`);
  if (program)
    await db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext(${LOCK}), ${program.id} * 256 + ${shard})`);
  return program;
}

/** An event as accrual reads it, with the id of its row, that of its partner's row and the person who sent it. */
export type AccrualEvent = Omit<Event, 'shares'> & {
  readonly shares: readonly (Share & { readonly partnerId: bigint })[];
  readonly eventId: bigint;
  readonly eventPartnerId: bigint;
  readonly sentBy: string | null;
};
/** An event that is to be worked out for a partner: its own, or one who earned by an earlier revision. */
export type DueEvent = AccrualEvent & {
  readonly partnerId: bigint;
  /** The partner of the event for whose part a partner above is worked out. Null for the part of the partner. */
  readonly childId: bigint | null;
  /** How far above the child the partner is. Null where the partner only gives back. */
  readonly level?: number | null;
  /** The terms by which the event was rated for the child. Null for the part of the partner, and where the partner only gives back. */
  readonly versionId?: number | null;
  /**
   * The people who had a hand in it besides its sender: those who accepted it out of quarantine, or dismissed or restored it while it was
   * parked, the senders of a deal's sales, and all who had one in the division of a pool.
   */
  readonly otherHands?: readonly string[];
};

export const eventShape = {
  eventId: z.bigint(),
  source: z.string(),
  id: z.string(),
  revision: z.number(),
  program: z.string(),
  partner: z.string(),
  eventPartnerId: z.bigint(),
  kind: z.string(),
  occurredAtMs: z.number(),
  currency: Currency.nullable(),
  minor: z.bigint().nullable(),
  exact: z.bigint().nullable(),
  otherAmounts: Amounts,
  quantity: z.number().nullable(),
  attributes: z.record(z.string(), z.string()),
  reading: ReadingColumn,
  about: z.string().nullable(),
  sentBy: z.string().nullable(),
  shares: z.array(
    z.strictObject({
      partner: z.string(),
      partnerId: z.string().transform(BigInt),
      weight: z.string().transform(BigInt),
    }),
  ),
};
const DueRow = z.strictObject({
  ...eventShape,
  partnerId: z.bigint(),
  childId: z.bigint().nullable(),
  level: z.number().nullable(),
  versionId: z.number().nullable(),
  otherHands: z.array(z.string()),
});

export const eventColumns = sql.fragment`
  event.id as "eventId", event.source, event.source_id as id, event.revision, program.code as program, partner.code as partner,
  event.partner_id as "eventPartnerId", event.kind, event.occurred_at as "occurredAtMs", event.currency, event.amount_minor as minor,
  event.exact_amount as exact, event.other_amounts as "otherAmounts", event.quantity, event.attributes, event.reading, event.about, event.sent_by as "sentBy",
  case when event.share_count = 0 then '[]' else (
    select jsonb_agg(jsonb_build_object('partner', other.code, 'partnerId', other.id::text, 'weight', share.weight::text) order by share.no)
    from event_share share join partner other on other.id = share.partner_id where share.event_id = event.id) end as shares`;

/** The people who accepted an event out of quarantine, and those who dismissed or restored it while it was parked. */
const decidersOf = sql.fragment`array(
  select decision.decided_by from event_quarantine kept join event_quarantine_decision decision on decision.quarantine_id = kept.id
  where event.revision > 1 and kept.source = event.source and kept.source_id = event.source_id and decision.revision = event.revision
  union
  select unnest(parked.hands) from event_parked parked where parked.source = event.source and parked.source_id = event.source_id
)`;

/** The next events of a share of a program that are not worked out yet, in the order in which they came, or those among a few of them. */
export const listDueEvents = (
  db: Database,
  programId: number,
  shard: number,
  limit: number,
  few?: readonly DueKey[],
): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select ${eventColumns}, due.partner_id as "partnerId", due.child_id as "childId",
      above.level, above.plan_version_id as "versionId",
      case when event.kind = ${DEAL_WON} then array(
        select distinct sold.sent_by from deal_sale sale join event sold on sold.source = sale.source and sold.source_id = sale.source_id
        where sale.deal_id = (event.attributes ->> ${DEAL_ATTRIBUTE})::uuid and sold.sent_by is not null
      ) when event.kind in (${CLOSING}, ${DIVISION}) and event.source = ${OUR_SOURCE} then array(
        select unnest(division.made_by) from pool_part part join pool_division division using (pool_id, revision) where part.event_id = event.id
      ) else ${decidersOf} end as "otherHands"
    from (
      select event_id, partner_id, child_id from event_due
      where program_id = ${programId} and shard = ${shard} and waits_for is null and set_aside_since is null
        ${few ? sql.fragment`and (event_id, partner_id, coalesce(child_id, 0)) in (select event_id, partner_id, coalesce(child_id, 0) from ${unnestDue(few)} as few(event_id, partner_id, child_id))` : sql.fragment``}
      order by event_id, partner_id, coalesce(child_id, 0) limit ${limit}
    ) due
    join event on event.id = due.event_id
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    left join lateral (
      select level, plan_version_id from event_ancestor named
      where named.event_id = due.event_id and named.child_id = due.child_id and named.partner_id = due.partner_id limit 1
    ) above on true
    order by event.id, due.partner_id, coalesce(due.child_id, 0)`);

/**
 * The events of a partner in a program that happened between two instants and are worked out, also by the parts of partners below. They come
 * without the terms by which they were rated.
 */
export const listRatedEvents = (
  db: Database,
  programId: number,
  partnerId: bigint,
  { from, until }: Instants,
): Promise<readonly DueEvent[]> =>
  db.any(sql.type(DueRow)`
    select distinct on (event.source, event.source_id, found.child_id) ${eventColumns}, ${partnerId}::bigint as "partnerId",
      found.child_id as "childId", found.level, null::int as "versionId", ${decidersOf} as "otherHands"
    from (
      select id, null::bigint as child_id, null::smallint as level from (${eventsOf(sql.fragment`${partnerId}`)}) own
      union all
      select event_id, child_id, level from event_ancestor where partner_id = ${partnerId}
    ) found
    join event on event.id = found.id and event.program_id = ${programId} and event.about is null and event.source <> ${OUR_SOURCE}
      and event.occurred_at >= ${from.toISOString()} and event.occurred_at < ${until?.toISOString() ?? 'infinity'}
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    where not exists (
      select from event_due due where due.event_id = event.id and due.partner_id = ${partnerId} and due.child_id is not distinct from found.child_id)
    order by event.source, event.source_id, found.child_id, event.revision desc`);

/** An event by its key, and the partner for whom it is asked: by the partner's own part, or by that of a partner below. */
export type OriginKey = {
  readonly source: string;
  readonly id: string;
  readonly partnerId: bigint;
  readonly childId: bigint | null;
};

const HistoryRow = z.strictObject({
  ...eventShape,
  forPartnerId: z.bigint(),
  forChildId: z.bigint().nullable(),
  level: z.number().nullable(),
  versionId: z.number().nullable(),
  /** Whether the partner is named for it as one above. */
  isNamed: z.boolean(),
  isDue: z.boolean(),
});
/** A revision or a refund of an event. `isDue` says whether it is still to be worked out for the partner. */
export type HistoryEvent = z.infer<typeof HistoryRow>;

/**
 * All that is known of some events of a program: their revisions and their refunds, in the order in which they came. For a partner above, a
 * revision is still to be worked out until the partner below has said who that is, and a refund until it is worked out for the one below.
 */
export const listHistory = (
  db: Database,
  programId: number,
  origins: readonly OriginKey[],
): Promise<readonly HistoryEvent[]> =>
  db.any(sql.type(HistoryRow)`
    with asked as (
      select distinct * from ${unnestOrigins(origins)} as given(source, source_id, partner_id, child_id)
    ), found as (
      select event.id, asked.partner_id as for_partner_id, asked.child_id as for_child_id from asked join event using (source, source_id)
      where event.program_id = ${programId}
      union all
      select refund.id, asked.partner_id, asked.child_id from asked
      join event refund on refund.source = asked.source and refund.about = asked.source_id and refund.program_id = ${programId}
    )
    select ${eventColumns}, found.for_partner_id as "forPartnerId", found.for_child_id as "forChildId", above.level, above.plan_version_id as "versionId",
      above.event_id is not null as "isNamed",
      due.event_id is not null or found.for_child_id is not null and case
        when event.about is null then above.event_id is null
        else exists (
          select from event_due own where own.event_id = event.id and own.partner_id = found.for_child_id and own.child_id is null)
      end as "isDue"
    from found join event on event.id = found.id
    join program on program.id = event.program_id join partner on partner.id = event.partner_id
    left join event_due due on due.event_id = event.id and due.partner_id = found.for_partner_id
      and due.child_id is not distinct from found.for_child_id
    left join event_ancestor above on above.event_id = event.id and above.child_id = found.for_child_id
      and above.partner_id = found.for_partner_id
    order by event.id`);

const unnestOrigins = (origins: readonly OriginKey[]) =>
  unnestColumns(
    ['text', 'text', 'int8', 'int8'],
    origins.map(({ source, id, partnerId, childId }) => [source, id, partnerId, childId]),
  );

const ContributionRow = z.strictObject({
  originId: z.bigint(),
  partnerId: z.bigint(),
  childId: z.bigint().nullable(),
  incentiveId: z.string(),
  currency: Unit,
  scopeId: z.bigint().nullable(),
  versionId: z.number(),
  sinceMs: z.number(),
  minor: z.bigint(),
  uncollectedMinor: z.bigint(),
  unfundedMinor: z.bigint(),
  volume: z.bigint(),
  of: z.bigint(),
  base: z.bigint(),
  availableOn: LocalDate,
  lateFor: z.string().nullable(),
  customer: z.string().nullable(),
  rates: RateColumn.array(),
});
export type ContributionRow = z.infer<typeof ContributionRow>;

/** The contributions of events until now, by partner, child, incentive, scope and terms. */
export const listContributions = (
  db: Database,
  originIds: readonly bigint[],
  partnerIds: readonly bigint[],
): Promise<readonly ContributionRow[]> => {
  const ids = sql.array(originIds.map(String), 'int8');
  const partners = sql.array(partnerIds.map(String), 'int8');
  return db.any(sql.type(ContributionRow)`
    select origin_id as "originId", partner_id as "partnerId", child_id as "childId", incentive_id as "incentiveId", currency, scope_id as "scopeId",
      plan_version_id as "versionId", terms_since as "sinceMs", sum(amount_minor)::bigint as minor, sum(uncollected_minor)::bigint as "uncollectedMinor",
      coalesce(sum(unfunded_minor), 0)::bigint as "unfundedMinor", sum(volume)::bigint as volume,
      sum(of_amount)::bigint as of, sum(base)::bigint as base, min(available_on) as "availableOn", late_for as "lateFor", customer,
      coalesce(jsonb_agg(distinct rate - 'amounts') filter (where rate is not null), '[]') as rates
    from (
      select * from earning where event_id = any(${ids}) and partner_id = any(${partners}) and origin_id = event_id
      union all
      select * from earning where partner_id = any(${partners}) and origin_id = any(${ids}) and origin_id <> event_id
    ) earned
    group by origin_id, partner_id, child_id, incentive_id, currency, scope_id, plan_version_id, terms_since, late_for, customer
    order by max(event_id)`);
};

/** The shares of programs with events that are not worked out yet. */
export const listShardsWithDueEvents = (db: Database): Promise<readonly Shard[]> =>
  db.any(sql.type(z.strictObject({ program: z.string(), shard: z.number() }))`
    select program.code as program, shard.n as shard from program
    cross join generate_series(0, ${SHARDS - 1}) shard(n)
    cross join lateral (
      select from event_due due where due.program_id = program.id and due.shard = shard.n and due.waits_for is null and due.set_aside_since is null
      order by due.event_id limit 1) first
    order by program.code, shard.n`);
