import { sql } from 'slonik';
import { z } from 'zod';

import type { DatedVersion } from '../../domain/earnings/rating.ts';
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
  /** When it was withdrawn. A withdrawn version never takes effect. */
  withdrawnAt: Instant.nullable(),
});
export type PlanVersion = z.infer<typeof PlanVersionRow>;

const versionQuery = sql.fragment`
  select plan.code as plan, version, effective_from as "effectiveFrom", terms, plan_version.created_at as "createdAt",
    withdrawn_at as "withdrawnAt"
  from plan_version join plan on plan.id = plan_version.plan_id
  left join plan_version_withdrawal withdrawal on withdrawal.plan_version_id = plan_version.id`;

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

/**
 * Writes the version after the latest one. Returns its number, or null if it would be effective before the one that is effective now. It may
 * be effective before a version that is not effective yet.
 */
export const insertNextVersion = (
  db: Database,
  program: Program,
  plan: string,
  { terms, effectiveFrom }: NewPlanVersion,
  createdBy: string,
): Promise<number | null> =>
  db.maybeOneFirst(sql.type(z.object({ version: z.number() }))`
    insert into plan_version(plan_id, version, effective_from, terms, created_by)
    select plan.id, (select max(version) + 1 from plan_version where plan_id = plan.id), chosen.effective_from, ${sql.jsonb(terms)},
      ${createdBy}
    from plan cross join (select ${effectiveFromOr(effectiveFrom)} as effective_from) chosen
    where plan.program_id = ${program.id} and plan.code = ${plan}
      and chosen.effective_from >= (select max(effective_from) from plan_version where plan_id = plan.id and effective_from <= now()
        and not exists (select from plan_version_withdrawal gone where gone.plan_version_id = plan_version.id))
    returning version`);

/** Withdraws a version. A version that is effective is refused by the database. */
export const insertWithdrawal = (
  db: Database,
  program: Program,
  { plan, version, reason, by }: { plan: string; version: number; reason: string; by: string },
) =>
  db.query(sql.unsafe`
    insert into plan_version_withdrawal(plan_version_id, reason, withdrawn_by)
    select plan_version.id, ${reason}, ${by} from plan_version join plan on plan.id = plan_version.plan_id
    where plan.program_id = ${program.id} and plan.code = ${plan} and version = ${version}`);

const effectiveFromOr = (effectiveFrom: Date | null) =>
  sql.fragment`coalesce(${effectiveFrom && sql.timestamp(effectiveFrom)}, now())`;

/** The newest version of a plan that was not withdrawn. */
export async function getLatestVersion(db: Database, program: Program, code: string): Promise<PlanVersion> {
  const version = await db.maybeOne(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} and withdrawn_at is null order by version desc limit 1`);
  if (!version) throw new Failure('not_found', `Program ${program.code} has no plan ${code}.`);
  return version;
}

export async function getVersion(db: Database, program: Program, code: string, number: number): Promise<PlanVersion> {
  const version = await db.maybeOne(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} and version = ${number}`);
  if (!version) throw new Failure('not_found', `Plan ${code} of program ${program.code} has no version ${number}.`);
  return version;
}

/** The version of a plan that is effective now. */
export const findEffectiveVersion = (db: Database, program: Program, code: string): Promise<PlanVersion | null> =>
  db.maybeOne(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} and effective_from <= now()
      and withdrawn_at is null
    order by effective_from desc, version desc limit 1`);

/** The plans of a program, each in its newest version that was not withdrawn. */
export const listPlans = (
  db: Database,
  program: Program,
  after: string | null,
  limit: number,
): Promise<readonly PlanVersion[]> =>
  db.any(sql.type(PlanVersionRow)`
    ${versionQuery}
    where program_id = ${program.id} and (${after}::text is null or plan.code > ${after})
      and version = (select max(newest.version) from plan_version newest where newest.plan_id = plan.id
        and not exists (select from plan_version_withdrawal gone where gone.plan_version_id = newest.id))
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

/** The code of a plan by which partners of a program earn a unit, now or later. Null where there is none. */
export const findPlanNaming = (db: Database, programId: number, unit: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.object({ code: z.string() }))`
    select plan.code from plan join plan_version version on version.plan_id = plan.id
    where plan.program_id = ${programId} and version.terms -> 'incentives' @> jsonb_build_array(jsonb_build_object('unit', ${unit}::text))
      and not exists (select from plan_version_withdrawal gone where gone.plan_version_id = version.id)
      and version.effective_from >= (select max(effective_from) from plan_version former
        where former.plan_id = plan.id and former.effective_from <= now()
          and not exists (select from plan_version_withdrawal gone where gone.plan_version_id = former.id))
    order by plan.code limit 1`);

const TermsRow = z.strictObject({
  planId: z.number(),
  plan: z.string(),
  version: z.number(),
  effectiveFrom: Instant,
  terms: PlanTerms,
});
export type TermsInForce = z.infer<typeof TermsRow>;

/** Every version of some plans that was not withdrawn, newest first. */
export const listTermsOfPlans = (db: Database, planIds: readonly number[]): Promise<readonly TermsInForce[]> =>
  db.any(sql.type(TermsRow)`
    select plan.id as "planId", plan.code as plan, version.version, version.effective_from as "effectiveFrom", version.terms
    from plan join plan_version version on version.plan_id = plan.id
    where plan.id = any(${sql.array(planIds, 'int4')})
      and not exists (select from plan_version_withdrawal gone where gone.plan_version_id = version.id)
    order by version.effective_from desc, version.version desc`);

const DatedRow = z.strictObject({ id: z.number(), planId: z.number(), effectiveFrom: Instant });

/** Every version of a program's plans, newest first. A withdrawn version counts for nothing. */
export const listDatedVersions = (db: Database, programId: number): Promise<readonly DatedVersion[]> =>
  db.any(sql.type(DatedRow)`
    select version.id, version.plan_id as "planId", version.effective_from as "effectiveFrom"
    from plan join plan_version version on version.plan_id = plan.id
    where plan.program_id = ${programId}
      and not exists (select from plan_version_withdrawal withdrawal where withdrawal.plan_version_id = version.id)
    order by version.effective_from desc, version.version desc`);
