import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { addAuditEntry } from './audit.ts';
import type { Database } from '../database.ts';
import { Instant } from '../column-types.ts';

const ActorRow = z.strictObject({
  id: z.string(),
  code: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  createdAt: Instant,
});
export type Actor = z.infer<typeof ActorRow>;

const actorColumns = sql.fragment`id, code, name, email, created_at as "createdAt"`;

export type NewActor = { code: string; name: string; email: string | null };

/** Adds a person; throws Failure `already_exists`. */
export async function addActor(db: Database, actor: NewActor, by: string | null): Promise<Actor> {
  return db.transaction(async (tx) => {
    const added = await tx.maybeOne(sql.type(ActorRow)`
      insert into actor(code, name, email) values (${actor.code}, ${actor.name}, ${actor.email})
      on conflict (code) do nothing returning ${actorColumns}`);
    if (!added) throw new Failure('already_exists', `There is an actor ${actor.code} already; nothing was changed.`);
    await addAuditEntry(tx, { actorId: by, action: 'actor.add', subject: `actor/${actor.code}` });
    return added;
  });
}

export async function getActor(db: Database, code: string): Promise<Actor> {
  const actor = await db.maybeOne(sql.type(ActorRow)`select ${actorColumns} from actor where code = ${code}`);
  if (!actor) throw new Failure('not_found', `There is no actor ${code}.`);
  return actor;
}

export const listActors = (db: Database, after: string | null, limit: number): Promise<readonly Actor[]> =>
  db.any(sql.type(ActorRow)`
    select ${actorColumns} from actor where ${after}::text is null or code > ${after} order by code limit ${limit}`);
