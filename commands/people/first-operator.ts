import type { Database } from '../../db/database.ts';
import { type Actor, findActor, getActor, listActors, type NewActor } from '../../db/people/actors.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { endClaims, insertClaim, newClaimId } from '../../db/people/claims.ts';
import { insertGrant, listGrants, listOperators } from '../../db/people/grants.ts';
import { endKeysOf } from '../../db/people/keys.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { CLAIM_HOURS } from '../../domain/people/grant.ts';
import type { Role } from '../../domain/people/role.ts';
import { addActor } from './actors.ts';
import { claimToken } from './claims.ts';
import { type IssuedKey, issueKey } from './keys.ts';

/**
 * The roles and keys that a command on the server gives. Anyone who runs it holds the database, so no rule of ours could stop them. The audit
 * log says that the server did it.
 */
const ENOUGH_OPERATORS = 2;
/** A person has at most a few roles. */
const GRANTS_MAX = 100;

/** Adds the first operator of a new deployment. Throws if it already has people: from then on people add people. */
export const addFirstOperator = (db: Database, person: NewActor): Promise<IssuedKey> =>
  db.transaction(async (tx) => {
    const [somebody] = await listActors(tx, null, 1);
    if (somebody)
      throw new Error(
        `This deployment already has people, such as ${somebody.code}. Nothing was added. If a key is lost, add --again.`,
      );
    return giveOperator(tx, await addActor(tx, person, null));
  });

/** Gives the first operator a new key. The keys of that person until now stop. */
export const renewFirstOperator = (db: Database): Promise<IssuedKey & { code: string }> =>
  db.transaction(async (tx) => {
    const [first] = await listOperators(tx);
    if (!first)
      throw new Error('Nobody is an operator now. Nothing was changed. Name a person: --again --code … --name …');
    return { ...(await renew(tx, first)), code: first.code };
  });

/** Makes a person an operator again, or for the first time, while fewer than two people can work as one. */
export const addLackingOperator = (db: Database, person: NewActor): Promise<IssuedKey> =>
  db.transaction(async (tx) => {
    const operators = await listOperators(tx);
    const working = operators.filter(({ code, isWorking }) => isWorking && code !== person.code);
    if (working.length >= ENOUGH_OPERATORS)
      throw new Error(
        `${working.map(({ code }) => code).join(' and ')} are operators. Nothing was changed. Ask them to give ${person.code} the role.`,
      );
    const holder = operators.find(({ code }) => code === person.code);
    if (holder) return renew(tx, holder);
    return giveOperator(tx, (await findActor(tx, person.code)) ?? (await addActor(tx, person, null)));
  });

/**
 * Makes the link with which a person makes a passkey, and returns its token. A command on the server shows it instead of a mail. The
 * link before it no longer works. Throws if the person has no such role.
 */
export const giveSignInToken = (db: Database, vault: VaultKeys, code: string, role: Role): Promise<string> =>
  db.transaction(async (tx) => {
    const actor = await getActor(tx, code);
    refuseSystem(actor);
    const grants = await listGrants(tx, { actorId: actor.id, status: 'confirmed' }, null, GRANTS_MAX);
    const grant = grants.find((held) => held.role === role);
    if (!grant) throw new Error(`${code} does not have the role ${role}. Nothing was changed.`);
    const id = await newClaimId(tx);
    const token = claimToken(vault, id);
    await insertClaim(tx, { id, grantId: grant.id, token, hours: CLAIM_HOURS, by: null });
    const detail = { grant: grant.id, role };
    await addAuditEntry(tx, { actorId: null, action: 'key.give_link', subject: `actor/${code}`, detail });
    return token;
  });

function refuseSystem({ kind, code }: Actor): void {
  if (kind === 'system') throw new Error(`${code} is a system. Nothing was changed. Name a person.`);
}

async function giveOperator(tx: Database, actor: Actor): Promise<IssuedKey> {
  refuseSystem(actor);
  const wish = { actorId: actor.id, role: 'operator', partnerId: null, expiresAt: null } as const;
  const grantId = await insertGrant(tx, wish, { by: null, alone: true, firstSetup: true });
  if (grantId === null) throw new Error(`Somebody has proposed ${actor.code} as an operator. Nothing was changed.`);
  const detail = { grant: grantId, role: 'operator' };
  await addAuditEntry(tx, { actorId: null, action: 'grant.first_setup', subject: `actor/${actor.code}`, detail });
  return issueKey(tx, { grantId, actor: actor.code, role: 'operator' }, null);
}

async function renew(tx: Database, { actorId, grantId, code }: { actorId: string; grantId: string; code: string }) {
  await endClaims(tx, grantId);
  await endKeysOf(tx, actorId);
  await addAuditEntry(tx, { actorId: null, action: 'key.again', subject: `actor/${code}`, detail: { grant: grantId } });
  return issueKey(tx, { grantId, actor: code, role: 'operator' }, null);
}
