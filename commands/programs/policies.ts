import type { Database } from '../../db/database.ts';
import { listFactKeysNamed } from '../../db/partners/fact-keys.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import {
  getPolicyVersion,
  insertConfirmation,
  insertPolicyVersion,
  isApproverOfAuthor,
  listOvertakenVersions,
  type PolicyVersion,
} from '../../db/programs/policies.ts';
import { lockProgram, type Program } from '../../db/programs/programs.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { Failure, refused } from '../../domain/errors.ts';
import type { Policy } from '../../domain/policy.ts';
import { partnerKeysIn, paysAlone, type PolicySubject } from '../../domain/programs/policies.ts';
import { askToDecide } from '../open-task.ts';

export type PolicyWish = { subject: PolicySubject; policy: Policy; effectiveFrom: Date | null };

/**
 * Adds a version to a program's policy. It decides about everything that is asked from its instant on. Open decisions keep theirs. Throws Failure
 * `invalid_input` where the version would begin in the past, or asks for a fact that nobody can record.
 */
export const addPolicyVersion = (
  db: Database,
  program: Program,
  wish: PolicyWish,
  { by, nowMs, signatureId }: { by: string; nowMs: number; signatureId?: string },
): Promise<PolicyVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    if (wish.effectiveFrom && wish.effectiveFrom.getTime() < nowMs)
      throw refused('effectiveFrom', 'is in the past, and decisions of that time were made by another version');
    await refuseUndeclared(tx, wish.policy);
    const added = await insertPolicyVersion(
      tx,
      { ...wish, programId: program.id, needsConfirmation: paysAlone(wish.subject, wish.policy) },
      by,
    );
    for (const overtaken of await listOvertakenVersions(tx, program.id, wish.subject))
      await closeProposal(tx, overtaken, { actorId: by, resolution: `version ${added.version} was added` });
    if (added.needsConfirmation)
      await askToDecide(tx, {
        kind: 'policy_proposed',
        subject: taskSubjectOf(added),
        detail: `Version ${added.version} of the policy of program ${program.code} for a ${wish.subject} pays without a person, so it decides nothing before an approver who did not write it has confirmed it. Read it, then confirm it, or have another version added.`,
      });
    const detail = { policy: wish.subject, version: added.version, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'policy.add_version', subject: `program/${program.code}`, detail });
    return added;
  });

const taskSubjectOf = ({ program, subject, version }: Pick<PolicyVersion, 'program' | 'subject' | 'version'>): string =>
  `policy/${program}/${subject}/${version}`;

const closeProposal = (tx: Database, version: PolicyVersion, end: { actorId: string; resolution: string }) =>
  closeTask(tx, { kind: 'policy_proposed', subject: taskSubjectOf(version) }, end);

async function refuseUndeclared(db: Database, policy: Policy): Promise<void> {
  const asked = partnerKeysIn(policy);
  const declared = new Set(
    (
      await listFactKeysNamed(
        db,
        asked.map(({ key }) => key),
      )
    ).map(({ key }) => key),
  );
  const details = asked
    .filter(({ key }) => !declared.has(key))
    .map(({ key, field }) => ({ field, reason: `${key} is not a declared key of facts about partners` }));
  if (details.length > 0)
    throw new Failure('invalid_input', 'The policy asks for a fact that no partner can have. Nothing was added.', {
      details,
    });
}

export type Confirmation = {
  program: Program;
  subject: PolicySubject;
  version: number;
  by: string;
  signatureId?: string | null;
};

/** The reason why a person may not confirm a version that waits for it. Undefined if they may. */
export async function findConfirmationRefusal(
  db: Database,
  version: PolicyVersion,
  by: string,
): Promise<Failure | undefined> {
  if (!version.needsConfirmation) return refused('version', 'needs no second person: it pays nothing without one');
  if (version.createdById === by)
    return new Failure('decider_is_proposer', 'You wrote this version, so somebody else must confirm it.');
  if (await isApproverOfAuthor(db, version.id, by))
    return new Failure(
      'role_given_by_editor',
      `${version.createdBy} wrote this version and gave you your role. An approver whose role came from other people must confirm it.`,
    );
  return undefined;
}

/**
 * Confirms a version that pays claims without a person, so that two people stand behind its limit. A second call changes nothing. Throws
 * Failure `not_found`, `decider_is_proposer` or `role_given_by_editor`.
 */
export const confirmPolicyVersion = (
  db: Database,
  { program, subject, version: number, by, signatureId = null }: Confirmation,
): Promise<PolicyVersion> =>
  db.transaction(async (tx) => {
    await lockProgram(tx, program.id);
    const version = await getPolicyVersion(tx, program.id, subject, number);
    if (version.confirmedBy !== null) return version;
    const refusal = await findConfirmationRefusal(tx, version, by);
    if (refusal) throw refusal;
    await insertConfirmation(tx, version.id, by, signatureId);
    await closeProposal(tx, version, { actorId: by, resolution: `version ${number} was confirmed` });
    const detail = { policy: subject, version: number, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'policy.confirm', subject: `program/${program.code}`, detail });
    return getPolicyVersion(tx, program.id, subject, number);
  });
