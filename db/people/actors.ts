import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { Language } from '../../domain/language.ts';
import { ACTOR_KINDS, type ActorKind } from '../../domain/people/actor.ts';
import { Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const ActorRow = z.strictObject({
  id: z.string(),
  code: z.string(),
  name: z.string(),
  kind: z.enum(ACTOR_KINDS),
  email: z.string().nullable(),
  createdAt: Instant,
});
export type Actor = z.infer<typeof ActorRow>;

const actorColumns = sql.fragment`id, code, name, kind, email, created_at as "createdAt"`;

/** A new actor is a person unless it says otherwise. */
export type NewActor = { code: string; name: string; kind?: ActorKind; email: string | null };

/** Writes a person or a system. Null if the code is taken, or if another person has the mailbox. */
export const insertActor = (db: Database, { code, name, kind = 'person', email }: NewActor): Promise<Actor | null> =>
  db.maybeOne(sql.type(ActorRow)`
    insert into actor(code, name, kind, email) values (${code}, ${name}, ${kind}, ${email})
    on conflict do nothing returning ${actorColumns}`);

export const findActor = (db: Database, code: string): Promise<Actor | null> =>
  db.maybeOne(sql.type(ActorRow)`select ${actorColumns} from actor where code = ${code}`);

export async function getActor(db: Database, code: string): Promise<Actor> {
  const actor = await findActor(db, code);
  if (!actor) throw new Failure('not_found', `There is no actor ${code}.`);
  return actor;
}

export const getActorById = (db: Database, id: string): Promise<Actor> =>
  db.one(sql.type(ActorRow)`select ${actorColumns} from actor where id = ${id}`);

/** Keeps the language that a person chose for pages and mail. */
export const saveLanguage = (db: Database, actorId: string, language: Language | null) =>
  db.query(sql.unsafe`update actor set language = ${language} where id = ${actorId}`);

/** Whether an actor is a person, and not a system. */
export const isPerson = (db: Database, actorId: string): Promise<boolean> =>
  db.oneFirst(sql.type(z.object({ isPerson: z.boolean() }))`select is_person(${actorId}) as "isPerson"`);

export const listActors = (db: Database, after: string | null, limit: number): Promise<readonly Actor[]> =>
  db.any(sql.type(ActorRow)`
    select ${actorColumns} from actor where ${after}::text is null or code > ${after} order by code limit ${limit}`);

/** Finds the person who has the mailbox of an address, in whatever spelling. */
export const findActorByMailbox = (db: Database, email: string): Promise<Actor | null> =>
  db.maybeOne(sql.type(ActorRow)`
    select ${actorColumns} from actor
    where mailbox = mailbox_of(${email})`);

/** Whether a person has a role in the company, or is to have one. */
export const isOfCompany = (db: Database, actorId: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from role_grant where actor_id = ${actorId} and role <> 'partner' and status in ('proposed', 'confirmed')`);
