import { sql } from 'slonik';
import { z } from 'zod';

import { type DatedLadder, LadderTerms } from '../../domain/programs/ladder.ts';
import { Instant, LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The ladders of programs, each a list of versions. A ladder is named by the fact that it decides. */

const LOCK = 'ladder';

/** Locks a ladder until the transaction ends. */
export const lockLadder = (db: Database, fact: string) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext(${LOCK}), hashtext(${fact}))`);

/** Locks a ladder as above, unless somebody else has. Says whether it did. */
export const tryLockLadder = (db: Database, fact: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ locked: z.boolean() }))`
    select pg_try_advisory_xact_lock(hashtext(${LOCK}), hashtext(${fact})) as locked`);

const VersionRow = z.strictObject({
  id: z.number(),
  fact: z.string(),
  version: z.number(),
  from: LocalDate,
  terms: LadderTerms.nullable(),
  reason: z.string(),
  createdBy: z.string(),
  createdAt: Instant,
});
export type LadderVersion = z.infer<typeof VersionRow>;

const versionQuery = sql.fragment`
  select version.id, version.fact_key as fact, version.version, version.starts_on as "from", version.terms, version.reason,
    actor.code as "createdBy", version.created_at as "createdAt"
  from ladder_version version join ladder using (fact_key) join actor on actor.id = version.created_by`;

/** The versions of a program's ladders after one of them, in the order in which they were added. */
export const listLadderVersions = (
  db: Database,
  programId: number,
  after: number,
  limit: number,
): Promise<readonly LadderVersion[]> =>
  db.any(sql.type(VersionRow)`
    ${versionQuery} where ladder.program_id = ${programId} and version.id > ${after} order by version.id limit ${limit}`);

/** Writes the next version of a ladder, which is locked. The first one begins the ladder. */
export async function insertLadderVersion(
  db: Database,
  programId: number,
  { fact, from, terms, reason }: Pick<LadderVersion, 'fact' | 'from' | 'terms' | 'reason'>,
  by: string,
): Promise<LadderVersion> {
  await db.query(sql.unsafe`
    insert into ladder(fact_key, program_id) values (${fact}, ${programId}) on conflict (fact_key) do nothing`);
  const id = await db.oneFirst(sql.type(z.object({ id: z.number() }))`
    insert into ladder_version(fact_key, version, starts_on, terms, reason, created_by)
    select ${fact}, coalesce(max(version), 0) + 1, ${from}, ${terms === null ? null : sql.jsonb(terms)}, ${reason}, ${by}
    from ladder_version where fact_key = ${fact} returning id`);
  return db.one(sql.type(VersionRow)`${versionQuery} where version.id = ${id}`);
}

const LadderRow = z.strictObject({
  fact: z.string(),
  programId: z.number(),
  program: z.string(),
  zone: z.string(),
  versions: z.array(z.strictObject({ id: z.number(), from: LocalDate, terms: LadderTerms.nullable() })),
});
/** A ladder with its versions, in the order of their days. A newer one has replaced those that begin on its day or later. */
export type Ladder = Omit<z.infer<typeof LadderRow>, 'versions'> & { readonly versions: readonly DatedLadder[] };

const ladderQuery = sql.fragment`
  select ladder.fact_key as fact, program.id as "programId", program.code as program, schedule.zone, (
    select jsonb_agg(jsonb_build_object('id', version.id, 'from', version.starts_on, 'terms', version.terms)
      order by version.starts_on, version.id)
    from ladder_version version where version.fact_key = ladder.fact_key and not exists (
      select from ladder_version newer
      where newer.fact_key = version.fact_key and newer.id > version.id and newer.starts_on <= version.starts_on)) as versions
  from ladder join program on program.id = ladder.program_id join pay_schedule schedule on schedule.id = program.schedule_id`;

export const listLadders = (db: Database): Promise<readonly Ladder[]> =>
  db.any(sql.type(LadderRow)`${ladderQuery} order by ladder.fact_key`);

/** The ladders that decide one of some facts, each of its own program. */
export const listLaddersOf = (db: Database, facts: readonly string[]): Promise<readonly Ladder[]> =>
  db.any(sql.type(LadderRow)`
    ${ladderQuery} where ladder.fact_key = any(${sql.array([...facts], 'text')})`);

/** The ladder that decides a fact; null if there is none. */
export const findLadder = (db: Database, fact: string): Promise<Ladder | null> =>
  db.maybeOne(sql.type(LadderRow)`${ladderQuery} where ladder.fact_key = ${fact}`);

/** Whether a partner has a rung by a window that began on a day or later. */
export const isPlacedSince = (db: Database, fact: string, day: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ isPlaced: z.boolean() }))`
    select coalesce(
      (select starts_on from ladder_place where fact_key = ${fact} order by starts_on desc limit 1) > ${day}, false) as "isPlaced"`);
