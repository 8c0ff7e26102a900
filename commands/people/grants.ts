import type { Database } from '../../db/database.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { type Actor, isPerson } from '../../db/people/actors.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { endClaims } from '../../db/people/claims.ts';
import {
  getGrant,
  type Grant,
  holdsRole,
  insertGrant,
  isOnlyOperatorEver,
  lockGrant,
  markGrantRevoked,
  type NewGrant,
  recordGrantVerdict,
} from '../../db/people/grants.ts';
import { listUnknownLimits } from '../../db/people/limits.ts';
import { endKeysOfGrant } from '../../db/people/keys.ts';
import { addNotification } from '../../db/tasks/notifications.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { DECIDED_BY_SYSTEM, mayHold } from '../../domain/people/actor.ts';
import { EVERYTHING, limitsInWords, type Limited, roleInWords, whyNotLimits } from '../../domain/people/reach.ts';
import { needsTwo, whyNotDecideGrant } from '../../domain/people/grant.ts';
import { askToDecide } from '../open-task.ts';
import { sendClaim } from './claims.ts';

export type GrantWish = Omit<NewGrant, 'actorId'> & { actor: Actor };

/**
 * Proposes a role for a person. Another operator must confirm it before it gives anything. Only a partner's access is given at once, and
 * the second operator of a new deployment. Throws Failure `not_allowed` where people propose a role for themselves, `invalid_input` where
 * the person could not take their key, and `already_exists` where they have the role or it is proposed.
 */
export const proposeGrant = (
  db: Database,
  vault: VaultKeys,
  { actor, ...wish }: GrantWish,
  by: string,
): Promise<Grant> =>
  db.transaction(async (tx) => {
    refuseWish(actor, wish, by);
    await refuseLimits(tx, wish);
    if (needsTwo(wish.role) && !(await isPerson(tx, by)))
      throw new Failure(DECIDED_BY_SYSTEM.code, DECIDED_BY_SYSTEM.message);
    const firstSetup =
      wish.role === 'operator' &&
      !limitsInWords(wish.limited ?? EVERYTHING) &&
      actor.kind === 'person' &&
      (await isOnlyOperatorEver(tx, by));
    const alone = firstSetup || !needsTwo(wish.role);
    const id = await insertGrant(tx, { ...wish, actorId: actor.id }, { by, alone, firstSetup });
    if (id === null)
      throw new Failure(
        'already_exists',
        `${actor.code} already has the role ${wish.role} with these limits, or somebody proposed it. Nothing was changed.`,
      );
    const grant = await getGrant(tx, id);
    await audit(
      tx,
      firstSetup ? 'grant.first_setup' : alone ? 'grant.give' : 'grant.propose',
      by,
      grant,
      wish.signatureId,
    );
    if (alone) await begin(tx, vault, grant, by);
    else await askToDecide(tx, taskAbout(grant));
    return grant;
  });

function refuseWish(actor: Actor, { role, expiresAt }: Pick<NewGrant, 'role' | 'expiresAt'>, by: string): void {
  if (actor.id === by)
    throw new Failure(
      'not_allowed',
      'People cannot give roles to themselves. Nothing was changed. Ask two other operators.',
    );
  if (!mayHold(actor.kind, role))
    throw new Failure('invalid_input', `${actor.code} is a system, and only people approve. Nothing was changed.`, {
      details: [{ field: 'role', reason: 'is for people only' }],
    });
  if (actor.email === null)
    throw new Failure(
      'invalid_input',
      `${actor.code} has no e-mail address, so nobody could send them their key. Nothing was changed. Add the person with an address.`,
      { details: [{ field: 'email', reason: 'is missing for this person' }] },
    );
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw new Failure('invalid_input', 'The role would have ended already. Nothing was changed. Choose a later time.', {
      details: [{ field: 'expiresAt', reason: 'is in the past' }],
    });
}

/** The first program or payer among these limits that does not exist, with its field. */
export async function findUnknownLimit(db: Database, limited: Limited): Promise<FailureDetail | undefined> {
  const [unknown] = await listUnknownLimits(db, limited);
  return unknown && { field: unknown.field, reason: `names ${unknown.code}, which does not exist` };
}

async function refuseLimits(tx: Database, { role, limited = EVERYTHING }: Pick<NewGrant, 'role' | 'limited'>) {
  const wrong = whyNotLimits(role, limited) ?? (await findUnknownLimit(tx, limited));
  if (wrong)
    throw new Failure('invalid_input', 'The role cannot have these limits. Nothing was changed.', { details: [wrong] });
}

export type GrantDecision = {
  id: string;
  by: string;
  decision: 'confirm' | 'refuse';
  note: string | null;
  signatureId?: string | null;
};

/** The reason why a person may not confirm or refuse a role. Undefined if they may. */
export async function findGrantRefusal(
  db: Database,
  grant: Grant,
  { by, decision }: Pick<GrantDecision, 'by' | 'decision'>,
): Promise<Failure | undefined> {
  const decider = {
    id: by,
    isPerson: await isPerson(db, by),
    isOperator: await holdsRole(db, by, 'operator'),
    isProposerOperator: grant.proposedById !== null && (await holdsRole(db, grant.proposedById, 'operator')),
  };
  const refusal = whyNotDecideGrant(grant, decider, decision);
  return refusal && new Failure(refusal.code, refusal.message);
}

/** Confirms or refuses a role that another operator proposed. A confirmed one sends the person the link to their key. */
export const decideGrant = (
  db: Database,
  vault: VaultKeys,
  { id, by, decision, note, signatureId = null }: GrantDecision,
): Promise<Grant> =>
  db.transaction(async (tx) => {
    const grant = await lockGrant(tx, id);
    const refusal = await findGrantRefusal(tx, grant, { by, decision });
    if (refusal) throw refusal;
    await recordGrantVerdict(tx, id, {
      status: decision === 'confirm' ? 'confirmed' : 'refused',
      by,
      note,
      signatureId,
    });
    const decided = await getGrant(tx, id);
    await audit(tx, `grant.${decision}`, by, decided, signatureId);
    await closeProposal(tx, decided, { actorId: by, resolution: decided.status });
    if (decision === 'confirm') await begin(tx, vault, decided, by);
    return decided;
  });

/** Takes a role away. The person's keys for it stop at once, and so does a link that was not used. Safe to repeat. */
export const revokeGrant = (db: Database, id: string, by: string, signatureId: string | null = null): Promise<void> =>
  db.transaction(async (tx) => {
    const grant = await lockGrant(tx, id);
    if (grant.status === 'revoked' || grant.status === 'refused') return;
    await markGrantRevoked(tx, id, by, signatureId);
    await closeProposal(tx, grant, { actorId: by, resolution: 'revoked' });
    await endClaims(tx, id);
    await endKeysOfGrant(tx, id);
    await audit(tx, 'grant.revoke', by, grant, signatureId);
  });

const taskAbout = ({ id, actor, proposedBy, ...grant }: Grant) => ({
  kind: 'role_proposed' as const,
  subject: `grant/${id}`,
  detail: `${proposedBy ?? 'Somebody'} proposed the role ${roleInWords(grant)} for ${actor}, who can do nothing with it yet. Confirm or refuse it. Another operator than ${proposedBy ?? 'the proposer'} must confirm it.`,
  evidence: { role: 'operator' },
});

const closeProposal = (tx: Database, grant: Grant, end: { actorId: string; resolution: string }) =>
  closeTask(tx, taskAbout(grant), end);

/** Sends the person their link, and tells finance who can do what from now on. */
async function begin(tx: Database, vault: VaultKeys, grant: Grant, by: string): Promise<void> {
  await sendClaim(tx, vault, grant, by);
  if (grant.role === 'partner') return;
  await addNotification(tx, {
    kind: 'role_given',
    dedupeKey: `role_given/${grant.id}`,
    audience: 'finance',
    partnerId: null,
    body: {
      person: grant.actor,
      role: roleInWords(grant),
      proposedBy: grant.proposedBy ?? 'the server',
      confirmedBy: grant.decidedBy ?? 'nobody: this is the first set-up',
    },
  });
}

const audit = (
  tx: Database,
  action: string,
  by: string,
  { id, actor, role, partner, programs, payers }: Grant,
  signatureId: string | null = null,
) =>
  addAuditEntry(tx, {
    actorId: by,
    action,
    subject: `actor/${actor}`,
    detail: {
      grant: id,
      role,
      ...(partner && { partner }),
      ...(programs.length > 0 && { programs: programs.join(' ') }),
      ...(payers.length > 0 && { payers: payers.join(' ') }),
      ...signedBy(signatureId),
    },
  });
