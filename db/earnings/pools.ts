import { sql } from 'slonik';
import { z } from 'zod';

import type { PoolName } from '../../domain/earnings/pool-terms.ts';
import { Failure } from '../../domain/errors.ts';
import { OUR_SOURCE } from '../../domain/event.ts';
import { WINDOWS } from '../../domain/programs/incentives/window.ts';
import { Count, Currency, Instant, LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import type { Instants } from './worked-out.ts';

/** The pools that partners of a program divide, their divisions, and the parts that these give. */

const nameShape = {
  programId: z.number(),
  incentiveId: z.string(),
  currency: Currency,
  window: z.enum(WINDOWS),
  start: LocalDate,
  measure: z.string(),
};
const OpenRow = z.strictObject({ ...nameShape, program: z.string(), zone: z.string() });
/** A pool that is to be divided, with the code of its program and the zone of its days. */
export type UndividedPool = z.infer<typeof OpenRow>;
export type PoolKey = PoolName & { readonly programId: number };

const nameColumns = sql.fragment`program_id, incentive_id, currency, time_window, window_start, measure`;
const named = ({ programId, incentiveId, currency, window, start, measure }: PoolKey) => sql.fragment`
  (program_id, incentive_id, window_start, currency, time_window, measure)
    = (${programId}::int, ${incentiveId}, ${start}::date, ${currency}, ${window}, ${measure})`;
const selectedName = sql.fragment`
  incentive_id as "incentiveId", currency, time_window as window, window_start as start, measure`;

/**
 * The pools whose windows are over, and that were never divided since a measure of theirs changed. A pool is divided once a day at most, so
 * the changes of a day are divided in the night after it.
 */
export const listUndivided = (db: Database): Promise<readonly UndividedPool[]> =>
  db.any(sql.type(OpenRow)`
    select program.code as program, schedule.zone, changed.program_id as "programId", ${selectedName}
    from (
      select distinct ${nameColumns} from earning_scope where is_undivided and closes_on <= current_date + 1
    ) changed
    join program on program.id = changed.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    where not exists (
      select from earning_scope scope
      where (scope.program_id, scope.incentive_id, scope.window_start, scope.currency, scope.time_window, scope.measure)
        = (changed.program_id, changed.incentive_id, changed.window_start, changed.currency, changed.time_window, changed.measure)
        and scope.is_undivided is not null and scope.closes_on::timestamp at time zone schedule.zone > now())
      and not exists (
        select from pool join pool_division division on division.pool_id = pool.id
        where (pool.program_id, pool.incentive_id, pool.currency, pool.time_window, pool.window_start, pool.measure)
          = (changed.program_id, changed.incentive_id, changed.currency, changed.time_window, changed.window_start, changed.measure)
          and (division.divided_at at time zone schedule.zone)::date >= (now() at time zone schedule.zone)::date)
    order by changed.program_id, changed.incentive_id, changed.window_start`);

const PoolRow = z.strictObject({
  id: z.bigint(),
  planVersionId: z.number(),
  noticedAt: Instant,
  /** The number of its divisions. */
  divisions: Count,
});
export type Pool = z.infer<typeof PoolRow>;

export const findPool = (db: Database, pool: PoolKey): Promise<Pool | null> =>
  db.maybeOne(sql.type(PoolRow)`
    select id, plan_version_id as "planVersionId", noticed_at as "noticedAt",
      (select count(*) from pool_division where pool_id = pool.id) as divisions
    from pool where ${named(pool)}`);

/** Writes a pool whose window is over, with the plan version that says how large it is. */
export const insertPool = (db: Database, pool: PoolKey, planVersionId: number): Promise<Pool> =>
  db.one(sql.type(PoolRow)`
    insert into pool(${nameColumns}, plan_version_id)
    values (${pool.programId}, ${pool.incentiveId}, ${pool.currency}, ${pool.window}, ${pool.start}::date, ${pool.measure}, ${planVersionId})
    returning id, plan_version_id as "planVersionId", noticed_at as "noticedAt", 0::bigint as divisions`);

const ScopeRow = z.strictObject({
  scopeId: z.bigint(),
  partnerId: z.bigint(),
  volume: z.bigint(),
  /** The part that it has now. */
  earnedMinor: z.bigint(),
  /** Whether a division gave it a part. */
  isClosed: z.boolean(),
  isUndivided: z.boolean(),
  closesAt: Instant,
  versionId: z.number(),
});
export type ScopeOfPool = z.infer<typeof ScopeRow>;

/** The windows of all partners that count for a pool. The partner who was added first comes first. */
export const listScopesOfPool = (db: Database, pool: UndividedPool): Promise<readonly ScopeOfPool[]> =>
  db.any(sql.type(ScopeRow)`
    select scope.id as "scopeId", scope.partner_id as "partnerId", sum(total.volume)::bigint as volume, scope.earned_minor as "earnedMinor",
      scope.closing_id is not null as "isClosed", scope.is_undivided as "isUndivided",
      scope.closes_on::timestamp at time zone ${pool.zone} as "closesAt", max(total.plan_version_id) as "versionId"
    from (select * from earning_scope where ${named(pool)} and is_undivided is not null) scope
    join scope_total total on total.scope_id = scope.id
    group by scope.id, scope.partner_id, scope.earned_minor, scope.closing_id, scope.is_undivided, scope.closes_on
    order by scope.partner_id`);

/** The people who had a hand in the measures of a pool. */
export const listHandsInPool = (db: Database, pool: PoolKey): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ person: z.string() }))`
    select distinct unnest(made_by) as person from earning_scope where ${named(pool)} and is_undivided is not null`);

/**
 * How many events with a day in a window are not worked out yet. Those that wait for something or are set aside count only where they are of
 * these kinds.
 */
export const countNotWorkedOut = (
  db: Database,
  programId: number,
  { from, until }: Instants,
  kinds: readonly string[],
): Promise<number> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(distinct due.event_id) as count from event_due due join event on event.id = due.event_id
    where due.program_id = ${programId} and event.source <> ${OUR_SOURCE}
      and event.occurred_at >= ${from.toISOString()} and event.occurred_at < ${until?.toISOString() ?? 'infinity'}
      and (due.waits_for is null and due.set_aside_since is null or event.kind = any(${sql.array([...kinds], 'text')}))`);

/** How many parts of the last division of a pool are not booked yet. */
export const countUnbooked = (db: Database, { id, divisions }: Pool): Promise<number> =>
  db.oneFirst(sql.type(z.strictObject({ count: Count }))`
    select count(*) as count from pool_part part join event_due due on due.event_id = part.event_id
    where part.pool_id = ${id} and part.revision = ${divisions}`);

export type NewDivision = {
  poolId: bigint;
  revision: number;
  total: bigint;
  poolMinor: bigint;
  madeBy: readonly string[];
  parts: readonly { eventId: bigint; scopeId: bigint; volume: bigint; minor: bigint }[];
};

/** Writes a division of a pool with the parts that it changed. */
export async function insertDivision(
  db: Database,
  { poolId, revision, total, poolMinor, madeBy, parts }: NewDivision,
): Promise<void> {
  await db.query(sql.unsafe`
    insert into pool_division(pool_id, revision, total, pool_minor, made_by)
    values (${poolId}, ${revision}, ${total}, ${poolMinor}, ${sql.array([...madeBy], 'uuid')})`);
  await db.query(sql.unsafe`
    insert into pool_part(event_id, pool_id, revision, scope_id, volume, amount_minor)
    select event_id, ${poolId}, ${revision}, scope_id, volume, amount_minor
    from ${unnestColumns(
      ['int8', 'int8', 'int8', 'int8'],
      parts.map(({ eventId, scopeId, volume, minor }) => [eventId, scopeId, volume, minor]),
    )} as given(event_id, scope_id, volume, amount_minor)`);
}

const PartRow = z.strictObject({ eventId: z.bigint(), scopeId: z.bigint(), minor: z.bigint() });
export type BookedPart = z.infer<typeof PartRow>;

/** The parts that these events of ours book. */
export const listParts = (db: Database, eventIds: readonly bigint[]): Promise<readonly BookedPart[]> =>
  db.any(sql.type(PartRow)`
    select event_id as "eventId", scope_id as "scopeId", amount_minor as minor from pool_part
    where event_id = any(${sql.array(eventIds.map(String), 'int8')})`);

/** The parts that partners got in a program, with the events of ours that booked them. */
export const listPartsOf = (
  db: Database,
  programId: number,
  partnerIds: readonly bigint[],
): Promise<readonly BookedPart[]> =>
  db.any(sql.type(PartRow)`
    select part.event_id as "eventId", part.scope_id as "scopeId", part.amount_minor as minor
    from earning_scope scope join pool_part part on part.scope_id = scope.id
    where scope.partner_id = any(${sql.array(partnerIds.map(String), 'int8')}) and scope.program_id = ${programId}`);

const SumsRow = z.strictObject({ all: z.bigint(), total: z.bigint() });

/** The sum of what all partners reached for a pool, and of what those reached who have at least so much. */
export const sumPool = (db: Database, pool: PoolKey, least: bigint): Promise<z.infer<typeof SumsRow>> =>
  db.one(sql.type(SumsRow)`
    select coalesce(sum(volume), 0)::bigint as all, coalesce(sum(volume) filter (where volume >= ${least}), 0)::bigint as total
    from (
      select sum(total.volume) as volume
      from (select id from earning_scope where ${named(pool)} and is_undivided is not null) scope
      join scope_total total on total.scope_id = scope.id
      group by scope.id
    ) reached`);

const ListedRow = z.strictObject({
  ...nameShape,
  id: z.bigint(),
  program: z.string(),
  planVersion: z.number(),
  plan: z.string(),
  /** The rest is null before the first division. */
  divisions: Count.nullable(),
  total: z.bigint().nullable(),
  poolMinor: z.bigint().nullable(),
  dividedAt: Instant.nullable(),
  isChanged: z.boolean(),
});
export type ListedPool = z.infer<typeof ListedRow>;

const listedQuery = sql.fragment`
  select pool.id, pool.program_id as "programId", program.code as program, ${selectedName}, plan.code as plan, version.version as "planVersion",
    last.revision::bigint as divisions, last.total, last.pool_minor as "poolMinor", last.divided_at as "dividedAt",
    coalesce((
      select scope.is_undivided from earning_scope scope
      where (scope.program_id, scope.incentive_id, scope.window_start, scope.currency, scope.time_window, scope.measure)
        = (pool.program_id, pool.incentive_id, pool.window_start, pool.currency, pool.time_window, pool.measure)
        and scope.is_undivided is not null
      order by scope.is_undivided desc limit 1
    ), false) as "isChanged"
  from pool join program on program.id = pool.program_id
  join plan_version version on version.id = pool.plan_version_id join plan on plan.id = version.plan_id
  left join lateral (select * from pool_division where pool_id = pool.id order by revision desc limit 1) last on true`;

/** The pools of a program whose windows are over, the newest first, each with its last division. */
export const listPools = (
  db: Database,
  programId: number,
  before: bigint | null,
  limit: number,
): Promise<readonly ListedPool[]> =>
  db.any(sql.type(ListedRow)`
    ${listedQuery} where pool.program_id = ${programId} and (${before}::int8 is null or pool.id < ${before})
    order by pool.id desc limit ${limit}`);

/** Throws Failure `not_found`. */
export async function getPool(db: Database, id: bigint): Promise<ListedPool> {
  const pool = await db.maybeOne(sql.type(ListedRow)`${listedQuery} where pool.id = ${id}`);
  if (!pool) throw new Failure('not_found', `There is no pool ${id}.`);
  return pool;
}

const PartInForceRow = z.strictObject({
  scopeId: z.bigint(),
  partner: z.string(),
  /** The measure of the partner by now. */
  volume: z.bigint(),
  minor: z.bigint(),
  /** The number of the division that gave the part. Null where none did yet. */
  division: Count.nullable(),
});
export type PartInForce = z.infer<typeof PartInForceRow>;

/** The parts of a pool that are in force, in the order in which its partners first reached something. */
export const listPartsInForce = (
  db: Database,
  pool: PoolKey,
  after: bigint | null,
  limit: number,
): Promise<readonly PartInForce[]> =>
  db.any(sql.type(PartInForceRow)`
    select scope.id as "scopeId", partner.code as partner, coalesce(part.amount_minor, 0) as minor, part.revision::bigint as division,
      (select sum(volume) from scope_total where scope_id = scope.id)::bigint as volume
    from (
      select id, partner_id from earning_scope
      where ${named(pool)} and is_undivided is not null and (${after}::int8 is null or id > ${after}) order by id limit ${limit}
    ) scope
    join partner on partner.id = scope.partner_id
    left join lateral (select * from pool_part where scope_id = scope.id order by revision desc limit 1) part on true
    order by scope.id`);
