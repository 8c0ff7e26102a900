import { createRoute, z } from '@hono/zod-openapi';

import { addActor } from '../../../commands/people/actors.ts';
import { revokeKey } from '../../../commands/people/keys.ts';
import { type Actor, getActor, listActors } from '../../../db/people/actors.ts';
import { type ApiKey, listKeys } from '../../../db/people/keys.ts';
import { ACTOR_KINDS } from '../../../domain/people/actor.ts';
import { ROLES } from '../../../domain/people/role.ts';
import { Code } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePageQuery,
  CodePath,
  Email,
  jsonBody,
  LIMIT_FIELDS,
  Name,
  pageOf,
  UuidPath,
} from '../../http/schemas.ts';

const ActorBody = z
  .object({
    code: fields.code("The person's code", 'petra'),
    name: fields.text("The person's name", 'Petra Preparer'),
    kind: fields.oneOf(ACTOR_KINDS, 'Whether it is a person, or a program of yours', 'person'),
    email: fields.text('The e-mail address of the person; null if there is none', 'petra@example.com').nullable(),
    createdAt: fields.at('When the person was added'),
  })
  .openapi('Actor');

const KeyBody = z
  .object({
    id: fields.id('The id of the key; use it to revoke the key'),
    grantId: fields.id('The id of the grant that gave the role of the key'),
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'preparer'),
    partner: fields
      .code('The code of the partner whose data a key of the role `partner` can read; null for other roles', 'paula')
      .nullable(),
    ...LIMIT_FIELDS,
    prefix: fields.text('The part of the key after `bsk_`, by which a person recognises it', '4f1c09ab77e2'),
    createdAt: fields.at('When the key was issued'),
    expiresAt: fields.at('When the role ends by itself, and the key with it; null if it never does').nullable(),
    revokedAt: fields.at('When the key was revoked; null if it was not revoked').nullable(),
    lastUsedAt: fields.at('When the key was last used; null if it never was').nullable(),
  })
  .openapi('ApiKey');

const listOfActors = createRoute({
  method: 'get',
  path: '/v1/actors',
  tags: ['actors'],
  summary: 'List the people',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(ActorBody), 'The people who may hold keys, in the order of their codes.') },
});

const NewActorBody = z
  .strictObject({
    code: Code.meta({ description: "The person's code, which never changes", examples: ['petra'] }),
    name: Name.meta({ description: "The person's name", examples: ['Petra Preparer'] }),
    kind: fields
      .oneOf(
        ACTOR_KINDS,
        'Whether it is a person, or a program of yours; a system works with keys, but never approves and never signs in. It never changes',
        'person',
      )
      .default('person'),
    email: Email.meta({
      description:
        'The e-mail address to which the links to the keys of this person go; a person without one cannot get a role. Two people never have the same mailbox',
      examples: ['petra@example.com'],
    }).optional(),
  })
  .openapi('NewActor');

const add = createRoute({
  method: 'post',
  path: '/v1/actors',
  tags: ['actors'],
  summary: 'Add a person',
  request: { body: jsonBody(NewActorBody) },
  responses: {
    201: answers(ActorBody, 'The person was added.'),
    409: problemResponse('The code is taken, or another person has this mailbox.'),
  },
});

const KeyList = z.array(KeyBody).meta({ description: 'All keys of the person, including revoked and expired ones' });

const listOfKeys = createRoute({
  method: 'get',
  path: '/v1/actors/{code}/keys',
  tags: ['actors'],
  summary: 'List the keys of a person',
  request: { params: CodePath },
  responses: { 200: answers(z.object({ items: KeyList }), 'The keys of the person, without their secrets.') },
});

const revoke = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  operationId: 'revokeKey',
  tags: ['actors'],
  summary: 'Revoke a key',
  request: { params: UuidPath },
  responses: { 204: { description: 'The key was revoked.' } },
});

const actorBody = ({ code, name, kind, email, createdAt }: Actor) => ({
  code,
  name,
  kind,
  email,
  createdAt: createdAt.toISOString(),
});

const keyBody = ({ createdAt, expiresAt, revokedAt, lastUsedAt, ...key }: ApiKey) => ({
  ...key,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

export const actorRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(listOfActors, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const page = await readPage(limit, (count) => listActors(db, cursor, count), {
        key: ({ code }) => code,
        item: actorBody,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { email = null, ...actor } = c.req.valid('json');
      return c.json(actorBody(await addActor(db, { ...actor, email }, c.get('caller').actorId)), 201);
    })
    .openapi(listOfKeys, async (c) => {
      const { id } = await getActor(db, c.req.valid('param').code);
      return c.json({ items: (await listKeys(db, id)).map(keyBody) }, 200);
    })
    .openapi(revoke, async (c) => {
      await revokeKey(db, c.req.valid('param').id, c.get('caller').actorId);
      return c.body(null, 204);
    });
