import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import {
  getLatestVersion,
  insertFirstVersion,
  insertNextVersion,
  insertPlan,
  type NewPlanVersion,
  type PlanVersion,
} from '../../db/programs/plans.ts';
import { lockProgram, type Program } from '../../db/programs/programs.ts';
import { Failure } from '../../domain/errors.ts';
import type { PlanTerms } from '../../domain/programs/plan.ts';

/** A plan's first version also holds for events that happened before it was written down. No event is older than 2000. */
const BEGINNING_OF_TIME = new Date(0);

/** Adds a plan with its first version. Throws Failure `already_exists`. */
export const addPlan = (
  db: Database,
  program: Program,
  { code, terms }: { code: string; terms: PlanTerms },
  by: string,
): Promise<PlanVersion> =>
  db.transaction(async (tx) => {
    const planId = await insertPlan(tx, program.id, code);
    if (planId === null)
      throw new Failure(
        'already_exists',
        `Program ${program.code} already has a plan ${code}. Nothing was added. Add a version to that plan instead.`,
      );
    await insertFirstVersion(tx, planId, { terms, effectiveFrom: BEGINNING_OF_TIME }, by);
    await addAuditEntry(tx, { actorId: by, action: 'plan.add', subject: subjectOf(program, code) });
    return getLatestVersion(tx, program, code);
  });

/**
 * Adds a version to a plan. Earnings under earlier versions stay as they are. Throws Failure `not_found`, or `invalid_input` if
 * the version would be effective before the one that precedes it.
 */
export const addPlanVersion = (
  db: Database,
  program: Program,
  code: string,
  version: NewPlanVersion,
  by: string,
): Promise<PlanVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    const latest = await getLatestVersion(tx, program, code);
    const number = await insertNextVersion(tx, program, latest, version, by);
    if (number === null) throw tooEarly(latest);
    const subject = subjectOf(program, code);
    await addAuditEntry(tx, { actorId: by, action: 'plan.add_version', subject, detail: { version: number } });
    return getLatestVersion(tx, program, code);
  });

const subjectOf = (program: Program, plan: string): string => `program/${program.code}/plan/${plan}`;

function tooEarly({ version, effectiveFrom }: PlanVersion): Failure {
  const reason = `is before ${effectiveFrom.toISOString()}, from which version ${version} is effective`;
  return new Failure('invalid_input', `effectiveFrom ${reason}. No version was added. Choose a later instant.`, {
    details: [{ field: 'effectiveFrom', reason }],
  });
}
