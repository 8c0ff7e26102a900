import { sql } from 'slonik';
import { z } from 'zod';

import { Policy } from '../../domain/policy.ts';
import { POLICY_SUBJECTS, type PolicySubject } from '../../domain/programs/policies.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The policies of programs, each a list of versions. */

const VersionRow = z.strictObject({
  id: z.number(),
  program: z.string(),
  subject: z.enum(POLICY_SUBJECTS),
  version: z.number(),
  effectiveFrom: Instant,
  policy: Policy,
  createdById: z.string(),
  createdBy: z.string(),
  createdAt: Instant,
});
export type PolicyVersion = z.infer<typeof VersionRow>;

const selectVersion = sql.fragment`
  select version.id, program.code as program, version.subject, version.version, version.effective_from as "effectiveFrom", version.policy,
    version.created_by as "createdById", actor.code as "createdBy", version.created_at as "createdAt"
  from policy_version version join program on program.id = version.program_id join actor on actor.id = version.created_by`;

/** The versions of a policy after a number, in the order of their numbers. */
export const listPolicyVersions = (
  db: Database,
  programId: number,
  subject: PolicySubject,
  after: number,
  limit: number,
): Promise<readonly PolicyVersion[]> =>
  db.any(sql.type(VersionRow)`
    ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject} and version.version > ${after}
    order by version.version limit ${limit}`);

/** The version that is in force now; null if there is none. */
export const findPolicyInForce = (
  db: Database,
  programId: number,
  subject: PolicySubject,
): Promise<PolicyVersion | null> =>
  db.maybeOne(sql.type(VersionRow)`
    ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject} and version.effective_from <= now()
    order by version.effective_from desc, version.version desc limit 1`);

export type NewPolicyVersion = {
  programId: number;
  subject: PolicySubject;
  policy: Policy;
  effectiveFrom: Date | null;
};

/** Writes the next version of a policy and returns it. The program is locked. */
export async function insertPolicyVersion(
  db: Database,
  { programId, subject, policy, effectiveFrom }: NewPolicyVersion,
  by: string,
): Promise<PolicyVersion> {
  const version = await db.oneFirst(sql.type(z.object({ version: z.number() }))`
    insert into policy_version(program_id, subject, version, effective_from, policy, created_by)
    select ${programId}, ${subject}, coalesce(max(version), 0) + 1, coalesce(${effectiveFrom?.toISOString() ?? null}::timestamptz, now()),
      ${sql.jsonb(policy)}, ${by}
    from policy_version where program_id = ${programId} and subject = ${subject} returning version`);
  return db.one(sql.type(VersionRow)`
    ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject} and version.version = ${version}`);
}

const DaysRow = z.strictObject({ zone: z.string(), currency: Currency });

/** The zone of a program's schedule, and the currency of its payer, whose banks have business days. */
export const readProgramDays = (db: Database, programId: number): Promise<z.infer<typeof DaysRow>> =>
  db.one(sql.type(DaysRow)`
    select schedule.zone, payer.currency from program join pay_schedule schedule on schedule.id = program.schedule_id
    join payer on payer.id = schedule.payer_id where program.id = ${programId}`);
