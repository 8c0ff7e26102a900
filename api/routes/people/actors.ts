import { createRoute, z } from '@hono/zod-openapi';

import { addActor } from '../../../commands/people/actors.ts';
import { issueKey, revokeKey } from '../../../commands/people/keys.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { type Actor, getActor, listActors } from '../../../db/people/actors.ts';
import { type ApiKey, listKeys } from '../../../db/people/keys.ts';
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
  Instant,
  jsonBody,
  Name,
  pageOf,
  UuidPath,
} from '../../http/schemas.ts';

const ActorBody = z
  .object({
    code: fields.code("The person's code", 'petra'),
    name: fields.text("The person's name", 'Petra Preparer'),
    email: fields
      .text('The e-mail address for notices to this person; null if there are none', 'petra@example.com')
      .nullable(),
    createdAt: fields.at('When the person was added'),
  })
  .openapi('Actor');

const KeyBody = z
  .object({
    id: fields.id('The id of the key; use it to revoke the key'),
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'preparer'),
    partner: fields
      .code('The code of the partner whose data a key of the role `partner` can read; null for other roles', 'paula')
      .nullable(),
    prefix: fields.text('The part of the key after `bsk_`, by which a person recognises it', '4f1c09ab77e2'),
    createdAt: fields.at('When the key was issued'),
    expiresAt: fields.at('When the key expires; null if it never does').nullable(),
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
    email: Email.meta({
      description: 'The e-mail address for notices to this person',
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
  responses: { 201: answers(ActorBody, 'The person was added.'), 409: problemResponse('The code is taken.') },
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

const NewKeyBody = z
  .strictObject({
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'preparer'),
    partner: Code.meta({
      description:
        'The code of the partner whose data the key can read; required for the role `partner`, and only allowed there',
      examples: ['paula'],
    }).optional(),
    expiresAt: Instant.meta({
      description: 'When the key expires: an RFC 3339 instant in the future; without it, the key never expires',
      examples: ['2099-12-31T23:59:59Z'],
    }).optional(),
  })
  .superRefine(({ role, partner }, context) => {
    if ((role === 'partner') === (partner !== undefined)) return;
    const message =
      role === 'partner'
        ? 'is required: the partner whose data this key can read'
        : 'is only allowed for the role partner';
    context.addIssue({ code: 'custom', path: ['partner'], message });
  })
  .openapi('NewApiKey');

const IssuedKeyBody = z
  .object({
    id: fields.id('The id of the key; use it to revoke the key'),
    prefix: fields.text('The part of the key after `bsk_`, by which a person recognises it', '4f1c09ab77e2'),
    key: fields.text(
      'The key itself, shown only this once',
      'bsk_4f1c09ab77e2_Zk3vV0mB8hQ1tRy5uWc7xNa2sDf4gHj6kLpOiUyTreE',
    ),
  })
  .openapi('IssuedApiKey');

const issue = createRoute({
  method: 'post',
  path: '/v1/actors/{code}/keys',
  operationId: 'issueActorKey',
  tags: ['actors'],
  summary: 'Issue a key to a person',
  request: { params: CodePath, body: jsonBody(NewKeyBody) },
  responses: {
    201: answers(IssuedKeyBody, 'The key was issued. It is shown only this once.'),
    403: problemResponse('You cannot issue a key to yourself.'),
    404: problemResponse('There is no such partner.'),
  },
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

const actorBody = ({ code, name, email, createdAt }: Actor) => ({
  code,
  name,
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
    .openapi(issue, async (c) => {
      const { role, partner, expiresAt } = c.req.valid('json');
      const actor = await getActor(db, c.req.valid('param').code);
      const wish = {
        actorId: actor.id,
        role,
        partnerId: partner === undefined ? null : (await getPartner(db, partner)).id,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      };
      const key = await issueKey(db, wish, c.get('caller').actorId);
      return c.json(key, 201);
    })
    .openapi(revoke, async (c) => {
      await revokeKey(db, c.req.valid('param').id, c.get('caller').actorId);
      return c.body(null, 204);
    });
