import { sql } from 'slonik';
import { z } from 'zod';

import { FACT_SOURCES, type FactSource } from '../../domain/partners/fact.ts';
import { Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** Facts about partners, each for some local days. */

export type NewFact = {
  partner: string;
  key: string;
  /** Null takes back the value of a key that has one value. */
  value: string | null;
  /** Whether the value holds on these days. */
  holds: boolean;
  from: string;
  until: string | null;
  /** The file, event or window that it comes from. */
  reference: string | null;
  reason: string | null;
};

/** The origin of facts. A person says them, by hand or in a file; otherwise an event or a ladder does, and nobody is named. */
export type FactOrigin = { source: FactSource; by: string | null };

const IdRow = z.strictObject({ id: z.bigint() });

/** Writes facts, each of which supersedes the earlier ones about its days. Their partners and keys exist. Returns their ids, in order. */
export function insertFacts(
  db: Database,
  facts: readonly NewFact[],
  { source, by }: FactOrigin,
): Promise<readonly bigint[]> {
  const rows = facts.map(({ partner, key, value, holds, from, until, reference, reason }) => [
    partner,
    key,
    value,
    holds,
    from,
    until,
    reference,
    reason,
  ]);
  return db.anyFirst(sql.type(IdRow)`
    insert into partner_fact(partner_id, key, slot, value, starts_on, ends_on, source, reference, reason, recorded_by)
    select partner.id, given.key, case when fact_key.many then given.value else '' end, case when given.holds then given.value end,
      given.starts_on, given.ends_on, ${source}, given.reference, given.reason, ${by}::uuid
    from ${sql.unnest(rows, ['text', 'text', 'text', 'bool', 'date', 'date', 'text', 'text'])} with ordinality
      as given(partner, key, value, holds, starts_on, ends_on, reference, reason, place)
    join partner on partner.code = given.partner
    join fact_key on fact_key.key = given.key
    order by given.place
    returning id`);
}

const FactRow = z.strictObject({
  partnerId: z.bigint(),
  key: z.string(),
  value: z.string(),
  from: LocalDate,
  until: LocalDate.nullable(),
});
export type PartnerFact = z.infer<typeof FactRow>;

/** The facts in effect about partners, each with its days, in the order of keys, values and days for each partner. */
export const listPartnerFacts = (db: Database, partnerIds: readonly bigint[]): Promise<readonly PartnerFact[]> =>
  db.any(sql.type(FactRow)`
    select asked.id as "partnerId", fact.key, fact.value, fact.starts_on as "from", fact.ends_on as until
    from (select distinct id from ${sql.unnest(
      partnerIds.map((id) => [String(id)]),
      ['int8'],
    )} as given(id)) asked
    cross join lateral partner_facts(asked.id) fact
    order by asked.id, fact.key, fact.value, fact.starts_on`);

const FactToTakeOver = FactRow.omit({ partnerId: true });

/** The facts about a merged partner that the other one takes over. */
export const listFactsToTakeOver = (
  db: Database,
  { mergedId, intoId }: { mergedId: bigint; intoId: bigint },
): Promise<readonly z.infer<typeof FactToTakeOver>[]> =>
  db.any(sql.type(FactToTakeOver)`
    select key, value, starts_on as "from", ends_on as until from taken_over_facts(${mergedId}::bigint, ${intoId}::bigint)
    order by key, value, starts_on`);

export type FactPlace = { key: string; value: string; from: string };

/** The facts in effect about one partner: all, or those that hold on a day. */
export const listFactsOn = (
  db: Database,
  partnerId: bigint,
  on: string | null,
  after: FactPlace | null,
  limit: number,
): Promise<readonly PartnerFact[]> =>
  db.any(sql.type(FactRow)`
    select ${partnerId}::int8 as "partnerId", fact.key, fact.value, fact.starts_on as "from", fact.ends_on as until
    from partner_facts(${partnerId}) fact
    where (${on}::date is null or (fact.starts_on <= ${on}::date and (fact.ends_on is null or fact.ends_on > ${on}::date)))
      and (${after?.key ?? null}::text is null
        or (fact.key, fact.value, fact.starts_on) > (${after?.key ?? ''}, ${after?.value ?? ''}, ${after?.from ?? '1900-01-01'}::date))
    order by fact.key, fact.value, fact.starts_on limit ${limit}`);

const RecordedRow = z.strictObject({
  id: z.bigint(),
  key: z.string(),
  value: z.string().nullable(),
  holds: z.boolean(),
  from: LocalDate,
  until: LocalDate.nullable(),
  source: z.enum(FACT_SOURCES),
  reference: z.string().nullable(),
  reason: z.string().nullable(),
  recordedBy: z.string().nullable(),
  recordedAt: Instant,
});
/** A fact as it was recorded. Later ones may have superseded it, or some of its days. */
export type RecordedFact = z.infer<typeof RecordedRow>;

const recordedQuery = sql.fragment`
  select fact.id, fact.key, nullif(coalesce(fact.value, fact.slot), '') as value, fact.value is not null as holds,
    fact.starts_on as "from", fact.ends_on as until, fact.source, fact.reference, fact.reason, actor.code as "recordedBy",
    fact.recorded_at as "recordedAt"
  from partner_fact fact left join actor on actor.id = fact.recorded_by`;

/** Every fact that was ever recorded about a partner, oldest record first. */
export const listRecordedFacts = (
  db: Database,
  partnerId: bigint,
  after: bigint | null,
  limit: number,
): Promise<readonly RecordedFact[]> =>
  db.any(sql.type(RecordedRow)`
    ${recordedQuery}
    where fact.partner_id = ${partnerId} and (${after}::int8 is null or fact.id > ${after})
    order by fact.id limit ${limit}`);

export const getRecordedFact = (db: Database, id: bigint): Promise<RecordedFact> =>
  db.one(sql.type(RecordedRow)`${recordedQuery} where fact.id = ${id}`);
