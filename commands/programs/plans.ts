import type { Database } from '../../db/database.ts';
import { tryFilteredAgain } from '../../db/earnings/set-aside.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import {
  findEffectiveVersion,
  getLatestVersion,
  getVersion,
  insertFirstVersion,
  insertNextVersion,
  insertPlan,
  insertWithdrawal,
  type NewPlanVersion,
  type PlanVersion,
} from '../../db/programs/plans.ts';
import { lockProgram, type Program } from '../../db/programs/programs.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { Failure } from '../../domain/errors.ts';
import { type PlanTerms, whyNeverFrom } from '../../domain/programs/plan.ts';
import { PLAN_NOT_ADDED, refuseUnknown } from './terms.ts';

/** A plan's first version also holds for events that happened before it was written down. No event is older than 2000. */
const BEGINNING_OF_TIME = new Date(0);

/** Events may be a few minutes ahead of our clock, so somebody may already earn by a version that begins this soon. */
const EFFECTIVE_MS = 15 * MINUTE_MS;

/** Adds a plan with its first version. Throws Failure `already_exists`, or `invalid_input` for an attribute, a fact or a unit that is not there. */
export const addPlan = (
  db: Database,
  program: Program,
  { code, terms }: { code: string; terms: PlanTerms },
  by: string,
  signatureId?: string,
): Promise<PlanVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    await refuseUnknown(tx, program, terms);
    const planId = await insertPlan(tx, program.id, code);
    if (planId === null)
      throw new Failure(
        'already_exists',
        `Program ${program.code} already has a plan ${code}. Nothing was added. Add a version to that plan instead.`,
      );
    await insertFirstVersion(tx, planId, { terms, effectiveFrom: BEGINNING_OF_TIME }, by);
    const detail = signedBy(signatureId);
    await addAuditEntry(tx, { actorId: by, action: 'plan.add', subject: subjectOf(program, code), detail });
    return getLatestVersion(tx, program, code);
  });

/**
 * Adds a version to a plan. Earnings under earlier versions stay as they are. It may take effect before a version that is not effective
 * yet; with the same instant it takes that version's place. Throws Failure `not_found`, or `invalid_input` if it would be effective before
 * the version that is effective now, or if nobody could ever earn by one of its incentives.
 */
export const addPlanVersion = (
  db: Database,
  program: Program,
  code: string,
  { reason, ...version }: NewPlanVersion & { readonly reason?: string },
  by: string,
  signatureId?: string,
): Promise<PlanVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    await getLatestVersion(tx, program, code);
    await refuseTerms(tx, program, version);
    const number = await insertNextVersion(tx, program, code, version, by);
    if (number === null) throw tooEarly(await findEffectiveVersion(tx, program, code));
    const subject = subjectOf(program, code);
    await addAuditEntry(tx, {
      actorId: by,
      action: 'plan.add_version',
      subject,
      detail: { version: number, ...(reason === undefined ? {} : { reason }), ...signedBy(signatureId) },
    });
    await tryFilteredAgain(tx, { program: program.code });
    return getVersion(tx, program, code, number);
  });

export type Withdrawal = { plan: string; version: number; reason: string };

/**
 * Withdraws a version before it takes effect, so that nobody ever earns by it. A second call changes nothing. Throws Failure `not_found`, or
 * `plan_version_effective`.
 */
export const withdrawPlanVersion = (
  db: Database,
  program: Program,
  { plan, version, reason }: Withdrawal,
  by: string,
): Promise<PlanVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    const found = await getVersion(tx, program, plan, version);
    if (found.withdrawnAt) return found;
    if (found.effectiveFrom.getTime() <= Date.now() + EFFECTIVE_MS) throw isEffective(found);
    await insertWithdrawal(tx, program, { plan, version, reason, by });
    const detail = { version, reason };
    await addAuditEntry(tx, {
      actorId: by,
      action: 'plan.withdraw_version',
      subject: subjectOf(program, plan),
      detail,
    });
    return getVersion(tx, program, plan, version);
  });

/** Refuses terms that cannot be saved: they name something unknown, or nobody could ever earn by one of their incentives. */
export async function refuseTerms(tx: Database, program: Program, version: NewPlanVersion): Promise<void> {
  await refuseUnknown(tx, program, version.terms);
  refuseOutlived(version);
}

function refuseOutlived({ terms, effectiveFrom }: NewPlanVersion): void {
  const details = whyNeverFrom(terms, (effectiveFrom ?? new Date()).getTime());
  if (details.length > 0) throw new Failure('invalid_input', PLAN_NOT_ADDED, { details });
}

const subjectOf = (program: Program, plan: string): string => `program/${program.code}/plan/${plan}`;

function tooEarly(effective: PlanVersion | null): Failure {
  const from = effective?.effectiveFrom.toISOString() ?? '';
  const reason = `is before ${from}, from which version ${effective?.version} is effective`;
  return new Failure('invalid_input', `effectiveFrom ${reason}. No version was added. Choose a later instant.`, {
    details: [{ field: 'effectiveFrom', reason }],
  });
}

const isEffective = ({ version, effectiveFrom }: PlanVersion): Failure =>
  new Failure(
    'plan_version_effective',
    `Version ${version} is effective from ${effectiveFrom.toISOString()}, so partners may have earned by it. It was not withdrawn. Add a version with the right terms.`,
  );
