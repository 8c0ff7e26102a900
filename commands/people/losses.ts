import type { Database } from '../../db/database.ts';
import type { Actor } from '../../db/people/actors.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { endClaims } from '../../db/people/claims.ts';
import { getGrant, holdsRole } from '../../db/people/grants.ts';
import {
  getLoss,
  insertLoss,
  isNamesakeIn,
  lockLoss,
  lockRolesOf,
  type Loss,
  recordLossVerdict,
} from '../../db/people/losses.ts';
import { removePasskeysOf } from '../../db/people/passkeys.ts';
import { endSessionsOf } from '../../db/people/sessions.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { Failure } from '../../domain/errors.ts';
import { lossNeedsTwo, whyNotDecideLoss } from '../../domain/people/loss.ts';
import { askToDecide } from '../open-task.ts';
import { sendClaim } from './claims.ts';

export type LossReport = { person: Actor; reason: string; by: string; signatureId: string | null };

/**
 * Reports that a person lost their passkey. Another operator must confirm it where the person approves or gives roles. For others the old
 * passkeys end at once, and a new link goes out. Throws Failure `not_allowed`, `invalid_input` and `already_exists`.
 */
export const reportLoss = (
  db: Database,
  vault: VaultKeys,
  { person, reason, by, signatureId }: LossReport,
): Promise<Loss> =>
  db.transaction(async (tx) => {
    if (person.id === by)
      throw new Failure(
        'not_allowed',
        'You are signed in, so your passkey is not lost. Nothing was changed. Another operator reports the loss.',
      );
    const held = await lockRolesOf(tx, person.id);
    if (held.length === 0)
      throw new Failure('invalid_input', `${person.code} has no role now. Nothing was changed. Propose a role first.`);
    const needsTwo = lossNeedsTwo(held.map(({ role }) => role));
    const id = await insertLoss(tx, { actorId: person.id, reason, needsTwo, by, signatureId });
    if (id === null)
      throw new Failure('already_exists', `Somebody reported the loss of ${person.code}. Nothing was changed.`);
    const loss = await getLoss(tx, id);
    await audit(tx, 'passkey.report_loss', by, loss, signatureId);
    if (needsTwo) await askToDecide(tx, taskAbout(loss));
    else await renew(tx, vault, loss, by);
    return loss;
  });

export type LossDecision = {
  id: string;
  by: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
  signatureId: string | null;
};

/** The reason why a person may not confirm or refuse a report. Undefined if they may. */
export async function findLossRefusal(
  db: Database,
  loss: Loss,
  { by, decision }: Pick<LossDecision, 'by' | 'decision'>,
): Promise<Failure | undefined> {
  const decider = {
    id: by,
    isOperator: await holdsRole(db, by, 'operator'),
    isProposerOperator: await holdsRole(db, loss.proposedById, 'operator'),
    isNamesake: await isNamesakeIn(db, loss.id, by),
  };
  const refusal = whyNotDecideLoss(loss, decider, decision);
  return refusal && new Failure(refusal.code, refusal.message);
}

/** Confirms or refuses a report. A confirmed one ends every passkey and session of the person, and sends them a new link. */
export const decideLoss = (
  db: Database,
  vault: VaultKeys,
  { id, by, decision, note, signatureId }: LossDecision,
): Promise<Loss> =>
  db.transaction(async (tx) => {
    const loss = await lockLoss(tx, id);
    const refusal = await findLossRefusal(tx, loss, { by, decision });
    if (refusal) throw refusal;
    const status = decision === 'confirm' ? 'confirmed' : 'refused';
    await recordLossVerdict(tx, id, { status, by, note, signatureId });
    await audit(tx, `passkey.${decision}_loss`, by, loss, signatureId);
    await closeTask(tx, taskAbout(loss), { actorId: by, resolution: status });
    if (decision === 'confirm') await renew(tx, vault, loss, by);
    return getLoss(tx, id);
  });

/** Ends every passkey, session and open link of a person, and mails a new link for their oldest role. It opens all of them. */
async function renew(tx: Database, vault: VaultKeys, loss: Loss, by: string): Promise<void> {
  const held = await lockRolesOf(tx, loss.actorId);
  const [first] = held;
  if (!first)
    throw new Failure('invalid_input', `${loss.actor} has no role now. Nothing was changed. Propose a role first.`);
  for (const { grantId } of held) await endClaims(tx, grantId);
  const count = await removePasskeysOf(tx, loss.actorId);
  await endSessionsOf(tx, loss.actorId);
  await addAuditEntry(tx, {
    actorId: by,
    action: 'passkey.end_all',
    subject: `actor/${loss.actor}`,
    detail: { count, loss: loss.id },
  });
  await sendClaim(tx, vault, await getGrant(tx, first.grantId), by);
}

const taskAbout = ({ id, actor, proposedBy }: Loss) => ({
  kind: 'passkey_lost' as const,
  subject: `lost-passkey/${id}`,
  detail: `${proposedBy} reported that ${actor} lost their passkey. Open Settings, People and roles, ${actor}. Confirm it only after you spoke with ${actor}. Another operator than ${proposedBy} must confirm it.`,
  evidence: { role: 'operator' },
});

const audit = (tx: Database, action: string, by: string, { id, actor }: Loss, signatureId: string | null) =>
  addAuditEntry(tx, {
    actorId: by,
    action,
    subject: `actor/${actor}`,
    detail: { loss: id, ...signedBy(signatureId) },
  });
