import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
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
  needsConfirmation: z.boolean(),
  confirmedBy: z.string().nullable(),
});
export type PolicyVersion = z.infer<typeof VersionRow>;

const selectVersion = sql.fragment`
  select version.id, program.code as program, version.subject, version.version, version.effective_from as "effectiveFrom", version.policy,
    version.created_by as "createdById", actor.code as "createdBy", version.created_at as "createdAt",
    version.needs_confirmation as "needsConfirmation", confirmer.code as "confirmedBy"
  from policy_version version join program on program.id = version.program_id join actor on actor.id = version.created_by
  left join policy_confirmation confirmation on confirmation.policy_version_id = version.id
  left join actor confirmer on confirmer.id = confirmation.confirmed_by`;

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

/** The version that is in force now; null if there is none. One that nobody confirmed where somebody must is not. */
export const findPolicyInForce = (
  db: Database,
  programId: number,
  subject: PolicySubject,
): Promise<PolicyVersion | null> =>
  db.maybeOne(sql.type(VersionRow)`
    ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject} and version.effective_from <= now()
      and (not version.needs_confirmation or confirmation.confirmed_by is not null)
    order by version.effective_from desc, version.version desc limit 1`);

export type NewPolicyVersion = {
  programId: number;
  subject: PolicySubject;
  policy: Policy;
  effectiveFrom: Date | null;
  needsConfirmation: boolean;
};

/** Writes the next version of a policy and returns it. The program is locked. */
export async function insertPolicyVersion(
  db: Database,
  { programId, subject, policy, effectiveFrom, needsConfirmation }: NewPolicyVersion,
  by: string,
): Promise<PolicyVersion> {
  const version = await db.oneFirst(sql.type(z.object({ version: z.number() }))`
    insert into policy_version(program_id, subject, version, effective_from, policy, needs_confirmation, created_by)
    select ${programId}, ${subject}, coalesce(max(version), 0) + 1, coalesce(${effectiveFrom?.toISOString() ?? null}::timestamptz, now()),
      ${sql.jsonb(policy)}, ${needsConfirmation}, ${by}
    from policy_version where program_id = ${programId} and subject = ${subject} returning version`);
  return getPolicyVersion(db, programId, subject, version);
}

const selectByNumber = (programId: number, subject: PolicySubject, version: number) => sql.fragment`
  ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject} and version.version = ${version}`;

export async function getPolicyVersion(
  db: Database,
  programId: number,
  subject: PolicySubject,
  version: number,
): Promise<PolicyVersion> {
  const found = await db.maybeOne(sql.type(VersionRow)`${selectByNumber(programId, subject, version)}`);
  if (!found) throw new Failure('not_found', `There is no version ${version} of the policy for a ${subject}.`);
  return found;
}

/** The versions of a policy that nobody confirmed where somebody must, and that a newer one replaces. */
export const listOvertakenVersions = (
  db: Database,
  programId: number,
  subject: PolicySubject,
): Promise<readonly PolicyVersion[]> =>
  db.any(sql.type(VersionRow)`
    ${selectVersion} where version.program_id = ${programId} and version.subject = ${subject}
      and version.needs_confirmation and confirmation.confirmed_by is null and is_overtaken(version.id)
    order by version.version`);

/** Confirms a version. Nothing happens where somebody confirmed it before. */
export const insertConfirmation = (db: Database, versionId: number, by: string, signatureId: string | null) =>
  db.query(sql.unsafe`
    insert into policy_confirmation(policy_version_id, confirmed_by, signature_id) values (${versionId}, ${by}, ${signatureId}) on conflict do nothing`);

/** Whether the author of a version gave a person their role as an approver. */
export const isApproverOfAuthor = (db: Database, versionId: number, actorId: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ gave: z.boolean() }))`
    select gave_role(created_by, ${actorId}, 'approver') as gave from policy_version where id = ${versionId}`);

/** Whether the two people behind a version may pay a partner now without another person. */
export const mayPayAlone = (db: Database, versionId: number, partnerId: bigint): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ may: z.boolean() }))`
    select may_pay_alone(${versionId}, ${partnerId}) as may`);

const DaysRow = z.strictObject({ zone: z.string(), currency: Currency });

/** The zone of a program's schedule, and the currency of its payer, whose banks have business days. */
export const readProgramDays = (db: Database, programId: number): Promise<z.infer<typeof DaysRow>> =>
  db.one(sql.type(DaysRow)`
    select schedule.zone, payer.currency from program join pay_schedule schedule on schedule.id = program.schedule_id
    join payer on payer.id = schedule.payer_id where program.id = ${programId}`);
