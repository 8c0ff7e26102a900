import { addActor } from '../commands/people/actors.ts';
import { claimKey, claimToken } from '../commands/people/claims.ts';
import { addFirstOperator, addLackingOperator } from '../commands/people/first-operator.ts';
import { decideGrant, proposeGrant } from '../commands/people/grants.ts';
import type { Database } from '../db/database.ts';
import { getActor } from '../db/people/actors.ts';
import { findOpenClaim } from '../db/people/claims.ts';
import type { VaultKeys } from '../db/vault.ts';

/** Two operators give a third person the role approver. Returns the id of that person. */
export async function addApprover(db: Database, vault: VaultKeys): Promise<string> {
  const person = (code: string) => ({ code, name: code, email: `${code}@example.com` });
  await addFirstOperator(db, person('first'));
  await addLackingOperator(db, person('second'));
  const [first, second] = [await getActor(db, 'first'), await getActor(db, 'second')];
  const actor = await addActor(db, person('approver'), null);
  const wish = { actor, role: 'approver', partnerId: null, expiresAt: null } as const;
  const { id } = await proposeGrant(db, vault, wish, first.id);
  await decideGrant(db, vault, { id, by: second.id, decision: 'confirm', note: null });
  await claimKey(db, claimToken(vault, await findOpenClaim(db, id)));
  return actor.id;
}
