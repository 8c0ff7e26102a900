import { sql } from 'slonik';
import { z } from 'zod';

import { Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The partners above partners, each for some local days. */

/** The parent of a partner on some days. Without a parent, nobody is above the partner on them. */
export type NewParent = {
  readonly partner: string;
  readonly parent: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly reason: string;
};

/** Lets changes of the hierarchy take turns until the transaction ends, so that two of them cannot close a circle together. */
export const lockHierarchy = (db: Database) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('partner_parent'))`);

/** Writes parents, each of which supersedes the earlier ones for its days. The partners exist. Returns the ids, in order. */
export const insertParents = (
  db: Database,
  parents: readonly NewParent[],
  by: string | null,
): Promise<readonly bigint[]> =>
  db.anyFirst(sql.type(z.strictObject({ id: z.bigint() }))`
    insert into partner_parent(partner_id, parent_id, starts_on, ends_on, reason, recorded_by)
    select partner.id, parent.id, given.starts_on, given.ends_on, given.reason, ${by}::uuid
    from ${sql.unnest(
      parents.map(({ partner, parent, from, until, reason }) => [partner, parent, from, until, reason]),
      ['text', 'text', 'date', 'date', 'text'],
    )} with ordinality as given(partner, parent, starts_on, ends_on, reason, place)
    join partner on partner.code = given.partner left join partner parent on parent.code = given.parent
    order by given.place
    returning id`);

const CircleRow = z.strictObject({ partner: z.string(), day: LocalDate });

/** Those of some partners who are above themselves, each with the first day. */
export const listCircles = (db: Database, partners: readonly string[]): Promise<readonly z.infer<typeof CircleRow>[]> =>
  db.any(sql.type(CircleRow)`
    select partner.code as partner, min(lower(above.days)) as day
    from partner cross join lateral every_parent(partner.id) above
    where partner.code = any(${sql.array([...partners], 'text')}) and above.partner_id = partner.id
    group by partner.code order by partner.code`);

const ParentRow = z.strictObject({
  partnerId: z.bigint(),
  parentId: z.bigint(),
  parent: z.string(),
  from: LocalDate,
  until: LocalDate.nullable(),
});
export type PartnerParent = z.infer<typeof ParentRow>;

/** The parents in effect of partners, oldest first for each partner. */
export const listParents = (db: Database, partnerIds: readonly bigint[]): Promise<readonly PartnerParent[]> =>
  db.any(sql.type(ParentRow)`
    select asked.id as "partnerId", above.parent_id as "parentId", parent.code as parent, above.starts_on as "from", above.ends_on as until
    from (select distinct id from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as given(id)) asked
    cross join lateral direct_parents(asked.id) above
    join partner parent on parent.id = above.parent_id
    order by asked.id, above.starts_on`);

/** The parents in effect of one partner that begin after a day, oldest first. */
export const listParentsOf = (
  db: Database,
  partnerId: bigint,
  after: string | null,
  limit: number,
): Promise<readonly PartnerParent[]> =>
  db.any(sql.type(ParentRow)`
    select ${partnerId}::int8 as "partnerId", above.parent_id as "parentId", parent.code as parent, above.starts_on as "from",
      above.ends_on as until
    from direct_parents(${partnerId}) above join partner parent on parent.id = above.parent_id
    where ${after}::date is null or above.starts_on > ${after}::date
    order by above.starts_on limit ${limit}`);

const RecordedRow = z.strictObject({
  id: z.bigint(),
  parent: z.string().nullable(),
  from: LocalDate,
  until: LocalDate.nullable(),
  reason: z.string(),
  recordedBy: z.string().nullable(),
  recordedAt: Instant,
});
/** A parent as it was recorded. Later records may have superseded it, or some of its days. */
export type RecordedParent = z.infer<typeof RecordedRow>;

const recordedQuery = sql.fragment`
  select record.id, parent.code as parent, record.starts_on as "from", record.ends_on as until, record.reason, actor.code as "recordedBy",
    record.recorded_at as "recordedAt"
  from partner_parent record left join partner parent on parent.id = record.parent_id left join actor on actor.id = record.recorded_by`;

/** Every parent that was ever recorded about a partner, oldest record first. */
export const listRecordedParents = (
  db: Database,
  partnerId: bigint,
  after: bigint | null,
  limit: number,
): Promise<readonly RecordedParent[]> =>
  db.any(sql.type(RecordedRow)`
    ${recordedQuery}
    where record.partner_id = ${partnerId} and (${after}::int8 is null or record.id > ${after})
    order by record.id limit ${limit}`);

export const getRecordedParent = (db: Database, id: bigint): Promise<RecordedParent> =>
  db.one(sql.type(RecordedRow)`${recordedQuery} where record.id = ${id}`);

/** A partner and everybody who was ever below them on one of these days, by their codes. */
export const listPartnersBelow = (
  db: Database,
  partnerId: bigint,
  { from, until }: { from: string; until: string | null },
): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ code: z.string() }))`
    with recursive below as (
      select ${partnerId}::int8 as id
      union
      select record.partner_id from below join partner_parent record on record.parent_id = below.id
      where daterange(record.starts_on, record.ends_on) && daterange(${from}::date, ${until}::date)
    )
    select partner.code from below join partner using (id) order by partner.id`);

const ToTakeOver = z.strictObject({
  partner: z.string(),
  parent: z.string().nullable(),
  from: LocalDate,
  until: LocalDate.nullable(),
});

/**
 * The parents that follow from a merge: those below the merged partner get the other one, and the other one gets the parents of the
 * merged one on days without one. Where one of the two was above the other, nobody is.
 */
export const listParentsToTakeOver = (
  db: Database,
  { mergedId, intoId }: { mergedId: bigint; intoId: bigint },
): Promise<readonly z.infer<typeof ToTakeOver>[]> =>
  db.any(sql.type(ToTakeOver)`
    select child.code as partner, case when child.id <> ${intoId} then survivor.code end as parent, above.starts_on as "from", above.ends_on as until
    from (select distinct partner_id as id from partner_parent where parent_id = ${mergedId}) below
    join partner child on child.id = below.id join partner survivor on survivor.id = ${intoId}
    cross join lateral direct_parents(child.id) above
    where above.parent_id = ${mergedId}
    union all
    select survivor.code, parent.code, lower(rest), upper(rest)
    from direct_parents(${mergedId}::bigint) above
    join partner survivor on survivor.id = ${intoId} join partner parent on parent.id = above.parent_id and parent.id <> ${intoId}
    cross join lateral unnest(datemultirange(daterange(above.starts_on, above.ends_on)) - coalesce(
      (select range_agg(daterange(own.starts_on, own.ends_on)) from direct_parents(${intoId}::bigint) own), '{}')) rest
    order by 1, 3`);
