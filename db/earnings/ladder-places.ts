import { sql } from 'slonik';
import { z } from 'zod';

import { LadderTerms } from '../../domain/programs/ladder.ts';
import { Instant, LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The places of partners on ladders: the rung by each closed window. */

const MemberRow = z.strictObject({ partnerId: z.bigint(), partner: z.string() });
export type LadderMember = z.infer<typeof MemberRow>;

/**
 * The partners who are in a program on a local day, and who have no rung from another day on, after one of them in the order of their ids. Each
 * place is looked up by its key, because the places of all windows would be read otherwise.
 */
export const listUnplaced = (
  db: Database,
  { fact, programId, from, today }: { fact: string; programId: number; from: string; today: string },
  after: bigint,
  limit: number,
): Promise<readonly LadderMember[]> =>
  db.any(sql.type(MemberRow)`
    select partner.id as "partnerId", partner.code as partner
    from (
      select distinct term.partner_id from agreement_term term
      left join lateral (
        select true as is_placed from ladder_place place
        where place.partner_id = term.partner_id and place.fact_key = ${fact} and place.starts_on = ${from} limit 1
      ) place on true
      where term.program_id = ${programId} and term.partner_id > ${after} and term.plan_id is not null
        and term.starts_on <= ${today} and (term.ends_on is null or term.ends_on > ${today})
        and place.is_placed is null
    ) unplaced
    join partner on partner.id = unplaced.partner_id
    where exists (
      select from agreement_terms(partner.id, ${programId}) term
      where term.starts_on <= ${today} and (term.ends_on is null or term.ends_on > ${today}))
    order by partner.id limit ${limit}`);

/** The names of the rungs for which events wait. */
export const listAwaitedRungs = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(z.strictObject({ name: z.string() }))`
    with recursive awaited(name) as (
      (select waits_for from event_due where waits_on = 'ladder' order by waits_for limit 1)
      union all
      select (select waits_for from event_due where waits_on = 'ladder' and waits_for > awaited.name order by waits_for limit 1)
      from awaited where awaited.name is not null
    )
    select name from awaited where name is not null`);

const WaiterRow = MemberRow.extend({ isPlaced: z.boolean() });

/** The partners whose events wait for a rung, by its name, after one of them in the order of their ids. */
export const listWaiters = (
  db: Database,
  { fact, from, name }: { fact: string; from: string; name: string },
  after: bigint,
  limit: number,
): Promise<readonly z.infer<typeof WaiterRow>[]> =>
  db.any(sql.type(WaiterRow)`
    select partner.id as "partnerId", partner.code as partner,
      exists (
        select from ladder_place place
        where place.partner_id = partner.id and place.fact_key = ${fact} and place.starts_on = ${from}) as "isPlaced"
    from (
      select distinct partner_id from event_due where waits_on = 'ladder' and waits_for = ${name} and partner_id > ${after}
      order by partner_id limit ${limit}
    ) waiting join partner on partner.id = waiting.partner_id
    order by partner.id`);

const PlaceRow = z.strictObject({ partnerId: z.bigint(), fact: z.string(), from: LocalDate, value: z.string() });
export type LadderPlace = z.infer<typeof PlaceRow>;

/** All rungs that partners ever had on some ladders, oldest first. */
export const listPlaces = (
  db: Database,
  facts: readonly string[],
  partnerIds: readonly bigint[],
): Promise<readonly LadderPlace[]> =>
  db.any(sql.type(PlaceRow)`
    select partner_id as "partnerId", fact_key as fact, starts_on as "from", value from ladder_place
    where partner_id = any(${sql.array(partnerIds.map(String), 'int8')}) and fact_key = any(${sql.array([...facts], 'text')})
    order by starts_on`);

export type NewPlace = {
  readonly partnerId: bigint;
  readonly volume: bigint;
  readonly value: string;
  readonly before: string | null;
};

/** The window that was closed, and the days of its rungs. */
export type PlacedWindow = {
  readonly fact: string;
  readonly versionId: number;
  readonly start: string;
  readonly from: string;
  readonly until: string;
};

const FreeRow = z.strictObject({ partnerId: z.bigint(), from: LocalDate, until: LocalDate });

/**
 * Writes the rungs of partners by a closed window. Returns the days on which they hold: all of the next window but those about which a
 * person has recorded a value that is still in effect.
 */
export const insertPlaces = (
  db: Database,
  { fact, versionId, start, from, until }: PlacedWindow,
  places: readonly NewPlace[],
): Promise<readonly z.infer<typeof FreeRow>[]> =>
  db.any(sql.type(FreeRow)`
    with placed as (
      insert into ladder_place(partner_id, fact_key, starts_on, ends_on, window_start, ladder_version_id, volume, value, value_before, agreed_days)
      select partner_id, ${fact}, ${from}, ${until}, ${start}, ${versionId}, volume, value, before, coalesce((
        select range_agg(said.days * datemultirange(daterange(${from}, ${until}))) from (
          select fact.source, fact.value, datemultirange(daterange(fact.starts_on, fact.ends_on))
            - coalesce(range_agg(daterange(fact.starts_on, fact.ends_on)) over later, '{}') as days
          from partner_fact fact where fact.partner_id = given.partner_id and fact.key = ${fact}
          window later as (order by fact.id desc rows between unbounded preceding and 1 preceding)
        ) said where said.source in ('person', 'csv') and said.value is not null), '{}')
      from ${unnestColumns(
        ['int8', 'int8', 'text', 'text'],
        places.map(({ partnerId, volume, value, before }) => [partnerId, volume, value, before]),
      )} as given(partner_id, volume, value, before)
      returning partner_id, agreed_days
    )
    select partner_id as "partnerId", lower(days) as "from", upper(days) as until
    from placed cross join lateral unnest(datemultirange(daterange(${from}, ${until})) - agreed_days) days
    order by partner_id, lower(days)`);

const PlacedRow = z.strictObject({
  partnerId: z.bigint(),
  partner: z.string(),
  windowStart: LocalDate,
  volume: z.bigint(),
  terms: LadderTerms,
  value: z.string(),
  before: z.string().nullable(),
  from: LocalDate,
  until: LocalDate,
  hasAgreedDays: z.boolean(),
  placedAt: Instant,
});
export type LadderPlaced = z.infer<typeof PlacedRow>;

/** The rungs that a ladder of a program gave from a day on, or else the newest ones, in the order of the partners' ids. */
export const listLadderPlaces = (
  db: Database,
  { programId, fact, from }: { programId: number; fact: string; from: string | null },
  after: bigint,
  limit: number,
): Promise<readonly LadderPlaced[]> =>
  db.any(sql.type(PlacedRow)`
    select place.partner_id as "partnerId", partner.code as partner, place.window_start as "windowStart", place.volume, version.terms,
      place.value, place.value_before as before, place.starts_on as "from", place.ends_on as until,
      place.agreed_days <> '{}' as "hasAgreedDays", place.placed_at as "placedAt"
    from (
      select * from ladder_place
      where fact_key = (select fact_key from ladder where fact_key = ${fact} and program_id = ${programId})
        and starts_on = coalesce(${from}, (select starts_on from ladder_place where fact_key = ${fact} order by starts_on desc limit 1))
        and partner_id > ${after}
      order by partner_id limit ${limit}
    ) place
    cross join lateral (select code from partner where partner.id = place.partner_id limit 1) partner
    join ladder_version version on version.id = place.ladder_version_id
    order by place.partner_id`);
