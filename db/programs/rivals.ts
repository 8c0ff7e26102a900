import { sql } from 'slonik';
import { z } from 'zod';

import type { Days } from '../../domain/partners/agreement.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The programs in which some values belong to one partner at a time. */

const RivalRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  key: z.string(),
  value: z.string(),
  rival: z.string(),
  from: LocalDate,
});
/** Another partner of a program who holds an exclusive value on the same days, from the first such day on. */
export type Rival = z.infer<typeof RivalRow>;

export type Stay = Days & { readonly partner: string; readonly program: string };

/** The rivals of partners on some days of programs, by the facts and terms in effect, for all exclusive keys or for some. */
export function listRivals(
  db: Database,
  stays: readonly Stay[],
  keys: readonly string[] | null,
): Promise<readonly Rival[]> {
  const isAsked = keys === null ? sql.fragment`true` : sql.fragment`fact.key = any(${sql.array(keys, 'text')})`;
  const rows = stays.map(({ partner, program, from, until }) => [partner, program, from, until]);
  return db.any(sql.type(RivalRow)`
    with own as materialized (
      select stay.partner, stay.program, stay.partner_id, stay.program_id, fact.key, fact.value,
        daterange(stay.starts_on, stay.ends_on) * daterange(fact.starts_on, fact.ends_on) as days
      from (
        select given.*, (select id from partner where code = given.partner) as partner_id,
          (select id from program where code = given.program) as program_id
        from ${sql.unnest(rows, ['text', 'text', 'date', 'date'])} as given(partner, program, starts_on, ends_on)
      ) stay
      cross join lateral partner_facts(stay.partner_id) fact
      where (select eligibility -> 'exclusive' from program where id = stay.program_id) ? fact.key and ${isAsked}
    ), other as materialized (
      select distinct own.*, candidate.partner_id as rival_id
      from own join partner_fact candidate on candidate.key = own.key and candidate.value = own.value
      where candidate.partner_id <> own.partner_id
    )
    select other.partner, other.program, other.key, other.value, (select code from partner where id = other.rival_id) as rival,
      min(lower(other.days * daterange(term.starts_on, term.ends_on) * daterange(held.starts_on, held.ends_on))) as "from"
    from other
    cross join lateral agreement_terms(other.rival_id, other.program_id) term
    cross join lateral partner_facts(other.rival_id) held
    where held.key = other.key and held.value = other.value
      and not isempty(other.days * daterange(term.starts_on, term.ends_on) * daterange(held.starts_on, held.ends_on))
    group by other.partner, other.program, other.key, other.value, other.rival_id
    order by other.partner, other.program, other.key, other.value, other.rival_id`);
}

/** A program in which the values of a key are exclusive; null if there is none. */
export const findProgramOfExclusive = (db: Database, key: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ code: z.string() }))`
    select code from program where eligibility -> 'exclusive' ? ${key} order by id limit 1`);

const ProgramIdRow = z.strictObject({ id: z.number() });

/** Locks the named programs in which values are exclusive, in the order of their ids, so that two partners do not get one value at once. */
export const lockExclusivePrograms = (db: Database, codes: readonly string[]): Promise<readonly number[]> =>
  db.anyFirst(sql.type(ProgramIdRow)`
    select id from program
    where code = any(${sql.array(codes, 'text')}) and eligibility -> 'exclusive' <> '[]' order by id for update`);

const StayRow = z.strictObject({
  partner: z.string(),
  program: z.string(),
  from: LocalDate,
  until: LocalDate.nullable(),
});

/** The days that partners are in programs in which one of these keys is exclusive. */
export const listExclusiveStays = (
  db: Database,
  partners: readonly string[],
  keys: readonly string[],
): Promise<readonly Stay[]> =>
  db.any(sql.type(StayRow)`
    with member as materialized (
      select distinct asked.code, asked.id, term.program_id
      from (select partner.code, partner.id from partner where partner.code = any(${sql.array(partners, 'text')})) asked
      cross join lateral (select program_id from agreement_term where partner_id = asked.id) term
    )
    select member.code as partner, program.code as program, term.starts_on as "from", term.ends_on as until
    from member
    join program on program.id = member.program_id and program.eligibility -> 'exclusive' ?| ${sql.array(keys, 'text')}
    cross join lateral agreement_terms(member.id, member.program_id) term
    order by member.code, program.code, term.starts_on`);
