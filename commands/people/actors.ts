import type { Database } from '../../db/database.ts';
import { type Actor, findActor, insertActor, type NewActor } from '../../db/people/actors.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';

/**
 * Adds a person, who has no role yet. `by` is null for the set-up of a new deployment. Throws Failure `already_exists`, also where another
 * person has the same mailbox: one person with two accounts could approve their own work.
 */
export const addActor = (db: Database, actor: NewActor, by: string | null): Promise<Actor> =>
  db.transaction(async (tx) => {
    const added = await insertActor(tx, actor);
    if (!added) throw await whyTaken(tx, actor);
    await addAuditEntry(tx, { actorId: by, action: 'actor.add', subject: `actor/${actor.code}` });
    return added;
  });

async function whyTaken(tx: Database, { code }: NewActor): Promise<Failure> {
  if (await findActor(tx, code))
    return new Failure('already_exists', `There is already an actor ${code}. Nothing was added. Use another code.`);
  return new Failure(
    'already_exists',
    'Another person has this e-mail address, perhaps in another spelling. Nothing was added. A person has one account, with all their roles.',
    { details: [{ field: 'email', reason: 'belongs to another person' }] },
  );
}
