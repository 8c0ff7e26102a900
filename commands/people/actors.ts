import type { Database } from '../../db/database.ts';
import { type Actor, insertActor, type NewActor } from '../../db/people/actors.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { Failure } from '../../domain/errors.ts';

/** Adds a person who may hold keys. `by` is null for the set-up of a new deployment. Throws Failure `already_exists`. */
export const addActor = (db: Database, actor: NewActor, by: string | null): Promise<Actor> =>
  db.transaction(async (tx) => {
    const added = await insertActor(tx, actor);
    if (!added)
      throw new Failure(
        'already_exists',
        `There is already an actor ${actor.code}. Nothing was added. Use another code.`,
      );
    await addAuditEntry(tx, { actorId: by, action: 'actor.add', subject: `actor/${actor.code}` });
    return added;
  });
