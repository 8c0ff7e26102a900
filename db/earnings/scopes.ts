import { sql } from 'slonik';
import { z } from 'zod';

import { type Scope, scopeKey } from '../../domain/earnings/scope-state.ts';
import { againstQuota } from '../../domain/earnings/quota.ts';
import { type Member, memberKey, READ, type Segment } from '../../domain/earnings/scope.ts';
import type { ScopeName } from '../../domain/earnings/target.ts';
import { isReading } from '../../domain/programs/incentives/measure.ts';
import { WINDOWS } from '../../domain/programs/incentives/window.ts';
import { LocalDate, Unit } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';
import type { QuotaKey } from './quotas.ts';
import { saveCustomers } from './scope-customers.ts';

/** The scopes in which several events count together, with their kept measures. */

export type ScopeOfPartner = ScopeName & { readonly partnerId: bigint };

const keyColumns = sql.fragment`partner_id, incentive_id, currency, time_window, window_start, measure, group_value`;
const KEY_TYPES = ['int8', 'text', 'text', 'text', 'date', 'text', 'text'];
const keyOf = ({ partnerId, incentiveId, currency, window, start, measure, group }: ScopeOfPartner) => [
  partnerId,
  incentiveId,
  currency,
  window,
  start,
  measure,
  group,
];

const nameShape = {
  id: z.bigint(),
  partnerId: z.bigint(),
  incentiveId: z.string(),
  currency: Unit,
  window: z.enum(WINDOWS),
  start: LocalDate,
  measure: z.string(),
  group: z.string(),
  closesOn: LocalDate.nullable(),
};
const ScopeRow = z.strictObject({
  ...nameShape,
  earnedMinor: z.bigint(),
  unfundedMinor: z.bigint(),
  isClosed: z.boolean(),
  closingId: z.bigint().nullable(),
  quota: z.bigint().nullable(),
  isUndivided: z.boolean().nullable(),
  madeBy: z.array(z.string()).transform((people) => new Set(people)),
  versionId: z.number().nullable(),
  sinceMs: z.number().nullable(),
  volume: z.bigint().nullable(),
  of: z.bigint().nullable(),
  base: z.bigint().nullable(),
});

const scopeColumns = sql.fragment`
  scope.id, scope.partner_id as "partnerId", scope.incentive_id as "incentiveId", scope.currency, scope.time_window as window,
  scope.window_start as start, scope.measure, scope.group_value as group, scope.closes_on as "closesOn"`;

/** The scopes of these names and ids, and those that these events close, by `scopeKey`. Others are not known yet. */
export async function readScopes(
  db: Database,
  programId: number,
  names: readonly ScopeOfPartner[],
  ids: readonly bigint[],
  closingIds: readonly bigint[] = [],
  quotas: readonly QuotaKey[] = [],
): Promise<Map<string, Scope>> {
  if (names.length + ids.length + closingIds.length + quotas.length === 0) return new Map();
  const quoted =
    quotas.length === 0
      ? sql.fragment``
      : sql.fragment`
      union
      select scope.* from ${unnestColumns(
        ['int8', 'text', 'date', 'text'],
        quotas.map(({ partnerId, name, window, start }) => [partnerId, window, start, againstQuota(name)]),
      )} as given(partner_id, time_window, window_start, against)
      join earning_scope scope using (partner_id, time_window, window_start)
      where scope.program_id = ${programId} and right(scope.measure, length(against)) = against`;
  const closed =
    closingIds.length === 0
      ? sql.fragment``
      : sql.fragment`
      union
      select scope.* from ${unnestColumns(
        ['int8'],
        closingIds.map((id) => [id]),
      )} as closing(id) join earning_scope scope on scope.closing_id = closing.id`;
  const rows = await db.any(sql.type(ScopeRow)`
    select ${scopeColumns}, scope.earned_minor as "earnedMinor", scope.unfunded_minor as "unfundedMinor", scope.is_closed as "isClosed", scope.closing_id as "closingId", scope.quota, scope.is_undivided as "isUndivided", scope.made_by as "madeBy",
      total.plan_version_id as "versionId", total.terms_since as "sinceMs", total.volume, total.of_amount as of, total.base
    from (
      select scope.* from ${unnestColumns(KEY_TYPES, names.map(keyOf))} as given(${keyColumns})
      join earning_scope scope using (${keyColumns}) where scope.program_id = ${programId}
      union
      select scope.* from earning_scope scope where scope.id = any(${sql.array(ids.map(String), 'int8')})
      ${closed}
      ${quoted}
    ) scope
    left join scope_total total on total.scope_id = scope.id
    order by scope.id, total.terms_since, total.plan_version_id`);
  const scopes = new Map<string, Scope>();
  for (const { versionId, sinceMs, volume, of, base, ...row } of rows) {
    const key = scopeKey(row.partnerId, row);
    const scope: Scope = scopes.get(key) ?? {
      ...row,
      segments: [],
      members: new Map<string, Member>(),
      customers: new Map(),
    };
    scopes.set(key, scope);
    if (versionId !== null && sinceMs !== null)
      scope.segments.push({ versionId, sinceMs, measures: { volume: volume ?? 0n, of: of ?? 0n, base: base ?? 0n } });
  }
  await readMembers(db, scopes);
  return scopes;
}

const MemberRow = z.strictObject({
  scopeId: z.bigint(),
  originId: z.bigint(),
  key: z.string(),
  atMs: z.number(),
  versionId: z.number(),
  volume: z.bigint(),
  of: z.bigint(),
});

/** Whether a scope keeps its events one by one: the first ones of a customer, or the readings of a metric. */
const hasMembers = ({ window, measure }: Scope): boolean => window === 'event' || isReading(measure);

/** The members of scopes as they were read. A member that changes is another object. */
const stored = new WeakMap<Scope, ReadonlyMap<string, Member>>();

async function readMembers(db: Database, scopes: ReadonlyMap<string, Scope>): Promise<void> {
  const byId = new Map([...scopes.values()].filter(hasMembers).map((scope) => [scope.id, scope]));
  if (byId.size === 0) return;
  const rows = await db.any(sql.type(MemberRow)`
    select scope_id as "scopeId", origin_id as "originId", origin_key as key, occurred_at as "atMs", plan_version_id as "versionId", volume, of_amount as of
    from scope_member where scope_id = any(${sql.array([...byId.keys()].map(String), 'int8')})`);
  for (const { scopeId, volume, of, ...member } of rows) {
    const scope = byId.get(scopeId);
    const base = scope && isReading(scope.measure) ? READ : 0n;
    scope?.members.set(memberKey(member), { ...member, measures: { volume, of, base } });
  }
  for (const scope of byId.values()) stored.set(scope, new Map(scope.members));
}

const IdRow = z.strictObject(nameShape);

/** Writes scopes as they are now, and gives an id to those that had none. */
export async function saveScopes(db: Database, programId: number, scopes: readonly Scope[]): Promise<void> {
  if (scopes.length === 0) return;
  const known = scopes.filter(({ id }) => id !== null);
  await updateScopes(db, known);
  await insertScopes(
    db,
    programId,
    scopes.filter(({ id }) => id === null),
  );
  await saveTotals(db, scopes);
  await saveMembers(db, scopes.filter(hasMembers));
  await saveCustomers(db, scopes);
}

const peopleOf = (people: ReadonlySet<string>): string => `{${[...people].toSorted().join(',')}}`;

const updateScopes = (db: Database, scopes: readonly Scope[]) =>
  db.query(sql.unsafe`
    update earning_scope scope set earned_minor = given.earned_minor, unfunded_minor = given.unfunded_minor, is_closed = given.is_closed, made_by = given.made_by::uuid[], quota = given.quota, is_undivided = given.is_undivided
    from ${unnestColumns(
      ['int8', 'int8', 'int8', 'bool', 'text', 'int8', 'bool'],
      scopes.map(({ id, earnedMinor, unfundedMinor, isClosed, madeBy, quota = null, isUndivided = null }) => [
        id,
        earnedMinor,
        unfundedMinor,
        isClosed,
        peopleOf(madeBy),
        quota,
        isUndivided,
      ]),
    )} as given(id, earned_minor, unfunded_minor, is_closed, made_by, quota, is_undivided)
    where scope.id = given.id and (scope.earned_minor, scope.unfunded_minor, scope.is_closed, scope.made_by, scope.quota, scope.is_undivided) is distinct from (given.earned_minor, given.unfunded_minor, given.is_closed, given.made_by::uuid[], given.quota, given.is_undivided)`);

async function insertScopes(db: Database, programId: number, scopes: readonly Scope[]): Promise<void> {
  if (scopes.length === 0) return;
  const rows = await db.any(sql.type(IdRow)`
    insert into earning_scope as scope(${keyColumns}, program_id, earned_minor, unfunded_minor, closes_on, made_by, quota, is_undivided)
    select ${keyColumns}, ${programId}, earned_minor, unfunded_minor, closes_on, made_by::uuid[], quota, is_undivided
    from ${unnestColumns(
      [...KEY_TYPES, 'int8', 'int8', 'date', 'text', 'int8', 'bool'],
      scopes.map((scope) => [
        ...keyOf(scope),
        scope.earnedMinor,
        scope.unfundedMinor,
        scope.closesOn,
        peopleOf(scope.madeBy),
        scope.quota ?? null,
        scope.isUndivided ?? null,
      ]),
    )} as given(${keyColumns}, earned_minor, unfunded_minor, closes_on, made_by, quota, is_undivided)
    returning ${scopeColumns}`);
  const ids = new Map(rows.map((row) => [scopeKey(row.partnerId, row), row.id]));
  for (const scope of scopes) scope.id = ids.get(scopeKey(scope.partnerId, scope)) ?? null;
}

const saveTotals = (db: Database, scopes: readonly Scope[]) =>
  db.query(sql.unsafe`
    insert into scope_total as total(scope_id, terms_since, plan_version_id, volume, of_amount, base)
    select * from ${unnestColumns(
      ['int8', 'timestamptz', 'int4', 'int8', 'int8', 'int8'],
      scopes.flatMap(({ id, segments }) =>
        segments.map(({ sinceMs, versionId, measures }: Segment) => [
          id,
          new Date(sinceMs).toISOString(),
          versionId,
          measures.volume,
          measures.of,
          measures.base,
        ]),
      ),
    )}
    on conflict (scope_id, terms_since, plan_version_id) do update
    set volume = excluded.volume, of_amount = excluded.of_amount, base = excluded.base
    where (total.volume, total.of_amount, total.base) <> (excluded.volume, excluded.of_amount, excluded.base)`);

/** Writes the members that changed since their scope was read, and removes those that are gone. */
async function saveMembers(db: Database, scopes: readonly Scope[]): Promise<void> {
  const changes = scopes.map((scope) => ({ scope, before: stored.get(scope) ?? new Map<string, Member>() }));
  const gone = changes.flatMap(({ scope: { id, members }, before }) =>
    [...before].flatMap(([key, { originId, versionId }]) => (members.has(key) ? [] : [[id, originId, versionId]])),
  );
  const changed = changes.flatMap(({ scope: { id, members }, before }) =>
    [...members.values()].flatMap((member) => (before.get(memberKey(member)) === member ? [] : [{ id, ...member }])),
  );
  if (gone.length > 0)
    await db.query(sql.unsafe`
      delete from scope_member member using ${unnestColumns(['int8', 'int8', 'int4'], gone)} as gone(scope_id, origin_id, version_id)
      where (member.scope_id, member.origin_id, member.plan_version_id) = (gone.scope_id, gone.origin_id, gone.version_id)`);
  if (changed.length === 0) return;
  await db.query(sql.unsafe`
    insert into scope_member(scope_id, origin_id, origin_key, occurred_at, plan_version_id, volume, of_amount)
    select * from ${unnestColumns(
      ['int8', 'int8', 'text', 'timestamptz', 'int4', 'int8', 'int8'],
      changed.map(({ id, originId, key, atMs, versionId, measures }) => [
        id,
        originId,
        key,
        new Date(atMs).toISOString(),
        versionId,
        measures.volume,
        measures.of,
      ]),
    )}
    on conflict (scope_id, origin_id, plan_version_id) do update set origin_key = excluded.origin_key,
      occurred_at = excluded.occurred_at, volume = excluded.volume, of_amount = excluded.of_amount`);
}

/** Notes the events that close windows. */
export const markClosings = (db: Database, closings: readonly { scopeId: bigint; eventId: bigint }[]) =>
  db.query(sql.unsafe`
    update earning_scope scope set closing_id = given.event_id
    from ${unnestColumns(
      ['int8', 'int8'],
      closings.map(({ scopeId, eventId }) => [scopeId, eventId]),
    )} as given(scope_id, event_id)
    where scope.id = given.scope_id`);

/** Notes that the measures of windows are in a division of their pool. */
export const markDivided = (db: Database, scopeIds: readonly bigint[]) =>
  db.query(sql.unsafe`
    update earning_scope set is_undivided = false where is_undivided and id = any(${sql.array(scopeIds.map(String), 'int8')})`);
