import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';
import type { Program } from './programs.ts';

const PlanVersionRow = z.strictObject({
  plan: z.string(),
  version: z.number(),
  effectiveFrom: Instant,
  terms: PlanTerms,
  createdAt: Instant,
});
export type PlanVersion = z.infer<typeof PlanVersionRow>;

const versionQuery = sql.fragment`
  select plan.code as plan, version, effective_from as "effectiveFrom", terms, plan_version.created_at as "createdAt"
  from plan_version join plan on plan.id = plan_version.plan_id`;

/** Writes a plan without a version. Returns its id, or null if the program already has a plan with this code. */
export const insertPlan = (db: Database, programId: number, code: string): Promise<number | null> =>
  db.maybeOneFirst(sql.type(z.object({ id: z.number() }))`
    insert into plan(program_id, code) values (${programId}, ${code}) on conflict do nothing returning id`);

export type NewPlanVersion = {
  terms: PlanTerms;
  /** Null means now. */
  effectiveFrom: Date | null;
};

/** Writes a plan's first version. */
export const insertFirstVersion = (
  db: Database,
  planId: number,
  { terms, effectiveFrom }: NewPlanVersion,
  createdBy: string,
) =>
  db.query(sql.unsafe`
    insert into plan_version(plan_id, version, effective_from, terms, created_by)
    values (${planId}, 1, ${effectiveFromOr(effectiveFrom)}, ${sql.jsonb(terms)}, ${createdBy})`);

/** Writes the version after the latest one. Returns its number, or null if it would be effective before the latest one. */
export const insertNextVersion = (
  db: Database,
  program: Program,
  latest: PlanVersion,
  { terms, effectiveFrom }: NewPlanVersion,
  createdBy: string,
): Promise<number | null> =>
  db.maybeOneFirst(sql.type(z.object({ version: z.number() }))`
    insert into plan_version(plan_id, version, effective_from, terms, created_by)
    select plan_id, version + 1, chosen.effective_from, ${sql.jsonb(terms)}, ${createdBy}
    from plan_version join plan on plan.id = plan_version.plan_id
    cross join (select ${effectiveFromOr(effectiveFrom)} as effective_from) chosen
    where plan.program_id = ${program.id} and plan.code = ${latest.plan} and version = ${latest.version}
      and chosen.effective_from >= plan_version.effective_from
    returning version`);

const effectiveFromOr = (effectiveFrom: Date | null) =>
  sql.fragment`coalesce(${effectiveFrom && sql.timestamp(effectiveFrom)}, now())`;

export async function getLatestVersion(db: Database, program: Program, code: string): Promise<PlanVersion> {
  const version = await db.maybeOne(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} order by version desc limit 1`);
  if (!version) throw new Failure('not_found', `Program ${program.code} has no plan ${code}.`);
  return version;
}

/** The plans of a program, each in its newest version. */
export const listPlans = (
  db: Database,
  program: Program,
  after: string | null,
  limit: number,
): Promise<readonly PlanVersion[]> =>
  db.any(sql.type(PlanVersionRow)`
    ${versionQuery}
    where program_id = ${program.id} and (${after}::text is null or plan.code > ${after})
      and version = (select max(newest.version) from plan_version newest where newest.plan_id = plan.id)
    order by plan.code limit ${limit}`);

export const listPlanVersions = (
  db: Database,
  program: Program,
  code: string,
  after: number,
  limit: number,
): Promise<readonly PlanVersion[]> =>
  db.any(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} and version > ${after} order by version limit ${limit}`);
