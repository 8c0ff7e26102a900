import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { PlanTerms } from '../../domain/programs/plan.ts';
import { addAuditEntry } from '../people/audit.ts';
import type { Database } from '../database.ts';
import { Instant } from '../column-types.ts';

const ProgramRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  name: z.string(),
  schedule: z.string(),
  partnerKinds: z.array(z.string()),
  createdAt: Instant,
});
export type Program = z.infer<typeof ProgramRow>;

const programQuery = sql.fragment`
  select program.id, program.code, program.name, schedule.code as schedule, partner_kinds as "partnerKinds",
    program.created_at as "createdAt"
  from program join pay_schedule schedule on schedule.id = program.schedule_id`;

export type NewProgram = { code: string; name: string; scheduleId: number; partnerKinds: readonly string[] };

/** Adds a program to a pay schedule; throws Failure `already_exists`. */
export async function addProgram(db: Database, program: NewProgram, by: string): Promise<Program> {
  return db.transaction(async (tx) => {
    const added = await tx.maybeOne(sql.type(z.object({ id: z.number() }))`
      insert into program(code, name, schedule_id, partner_kinds)
      values (${program.code}, ${program.name}, ${program.scheduleId}, ${sql.array(program.partnerKinds, 'text')})
      on conflict (code) do nothing returning id`);
    if (!added) throw new Failure('already_exists', `There is a program ${program.code} already; nothing was changed.`);
    await addAuditEntry(tx, { actorId: by, action: 'program.add', subject: `program/${program.code}` });
    return getProgram(tx, program.code);
  });
}

export async function getProgram(db: Database, code: string): Promise<Program> {
  const program = await db.maybeOne(sql.type(ProgramRow)`${programQuery} where program.code = ${code}`);
  if (!program) throw new Failure('not_found', `There is no program ${code}.`);
  return program;
}

export const listPrograms = (db: Database, after: string | null, limit: number): Promise<readonly Program[]> =>
  db.any(sql.type(ProgramRow)`
    ${programQuery} where ${after}::text is null or program.code > ${after} order by program.code limit ${limit}`);

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

/** A plan's first version holds for whatever happened before it was written down; no event is older than 2000. */
const BEGINNING_OF_TIME = '1970-01-01T00:00:00Z';

/** Adds a plan with its first version; throws Failure `already_exists`. */
export async function addPlan(
  db: Database,
  program: Program,
  code: string,
  terms: PlanTerms,
  by: string,
): Promise<PlanVersion> {
  return db.transaction(async (tx) => {
    const added = await tx.maybeOne(sql.type(z.object({ id: z.number() }))`
      insert into plan(program_id, code) values (${program.id}, ${code}) on conflict do nothing returning id`);
    if (!added)
      throw new Failure(
        'already_exists',
        `Program ${program.code} has a plan ${code} already; add a version to it instead.`,
      );
    await tx.query(sql.unsafe`
      insert into plan_version(plan_id, version, effective_from, terms, created_by)
      values (${added.id}, 1, ${BEGINNING_OF_TIME}, ${sql.jsonb(terms)}, ${by})`);
    await addAuditEntry(tx, { actorId: by, action: 'plan.add', subject: `program/${program.code}/plan/${code}` });
    return latestVersion(tx, program, code);
  });
}

/**
 * Adds a version to a plan. What was earned under an earlier one stays as it is. Throws Failure `not_found`, or
 * `invalid_input` where it would be effective before the version that precedes it.
 */
export async function addPlanVersion(
  db: Database,
  program: Program,
  code: string,
  { terms, effectiveFrom }: { terms: PlanTerms; /** Null for now. */ effectiveFrom: Date | null },
  by: string,
): Promise<PlanVersion> {
  return db.transaction(async (tx) => {
    // Two versions at once are told apart by the lock on their program.
    await tx.query(sql.unsafe`select from program where id = ${program.id} for update`);
    const latest = await latestVersion(tx, program, code);
    const added = await tx.maybeOne(sql.type(z.object({ version: z.number() }))`
      insert into plan_version(plan_id, version, effective_from, terms, created_by)
      select plan_id, version + 1, chosen.effective_from, ${sql.jsonb(terms)}, ${by}
      from plan_version join plan on plan.id = plan_version.plan_id
      cross join (select coalesce(${effectiveFrom && sql.timestamp(effectiveFrom)}, now()) as effective_from) chosen
      where plan.program_id = ${program.id} and plan.code = ${code} and version = ${latest.version}
        and chosen.effective_from >= plan_version.effective_from
      returning version`);
    if (!added) throw tooEarly(latest);
    const subject = `program/${program.code}/plan/${code}`;
    await addAuditEntry(tx, { actorId: by, action: 'plan.add_version', subject, detail: { version: added.version } });
    return latestVersion(tx, program, code);
  });
}

const tooEarly = ({ version, effectiveFrom }: PlanVersion): Failure => {
  const reason = `is before ${effectiveFrom.toISOString()}, from which version ${version} is effective`;
  return new Failure('invalid_input', `No version was added: effectiveFrom ${reason}.`, {
    details: [{ field: 'effectiveFrom', reason }],
  });
};

async function latestVersion(db: Database, program: Program, code: string): Promise<PlanVersion> {
  const version = await db.maybeOne(sql.type(PlanVersionRow)`
    ${versionQuery} where program_id = ${program.id} and plan.code = ${code} order by version desc limit 1`);
  if (!version) throw new Failure('not_found', `Program ${program.code} has no plan ${code}.`);
  return version;
}

/** The plans of a program, each as its newest version says it. */
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
