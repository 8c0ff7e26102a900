import { createRoute, z } from '@hono/zod-openapi';

import { type Actor, addActor, getActor, listActors } from '../../../db/people/actors.ts';
import { type ApiKey, issueKey, listKeys, revokeKey } from '../../../db/people/keys.ts';
import { ROLES } from '../../../domain/people/role.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Failure } from '../../../domain/errors.ts';
import { Code } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
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

const ActorAnswer = z
  .object({ code: z.string(), name: z.string(), email: z.string().nullable(), createdAt: z.string() })
  .openapi('Actor');

const KeyAnswer = z
  .object({
    id: z.string(),
    role: z.enum(ROLES),
    partner: z.string().nullable(),
    prefix: z.string(),
    createdAt: z.string(),
    expiresAt: z.string().nullable(),
    revokedAt: z.string().nullable(),
    lastUsedAt: z.string().nullable(),
  })
  .openapi('ApiKey');

const listOfActors = createRoute({
  method: 'get',
  path: '/v1/actors',
  tags: ['actors'],
  summary: 'List the people',
  request: { query: CodePageQuery },
  responses: { 200: answers(pageOf(ActorAnswer), 'The people who may hold keys') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/actors',
  tags: ['actors'],
  summary: 'Add a person',
  request: { body: jsonBody(z.strictObject({ code: Code, name: Name, email: Email.optional() })) },
  responses: { 201: answers(ActorAnswer, 'Added'), 409: problemResponse('The code is taken') },
});

const listOfKeys = createRoute({
  method: 'get',
  path: '/v1/actors/{code}/keys',
  tags: ['actors'],
  summary: 'List the keys of a person',
  request: { params: CodePath },
  responses: { 200: answers(z.object({ items: z.array(KeyAnswer) }), 'The keys of a person, without their secrets') },
});

const NewKeyBody = z
  .strictObject({ role: z.enum(ROLES), partner: Code.optional(), expiresAt: Instant.optional() })
  .superRefine(({ role, partner }, context) => {
    if ((role === 'partner') === (partner !== undefined)) return;
    const message = role === 'partner' ? 'is needed: whose own this key shows' : 'is only for the role partner';
    context.addIssue({ code: 'custom', path: ['partner'], message });
  });

const issue = createRoute({
  method: 'post',
  path: '/v1/actors/{code}/keys',
  tags: ['actors'],
  summary: 'Issue a key',
  request: { params: CodePath, body: jsonBody(NewKeyBody) },
  responses: {
    201: answers(z.object({ id: z.string(), prefix: z.string(), key: z.string() }), 'The key, shown this once'),
    403: problemResponse('Nobody issues a key to himself'),
  },
});

const revoke = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  tags: ['actors'],
  summary: 'Revoke a key',
  request: { params: UuidPath },
  responses: { 204: { description: 'Revoked' } },
});

const actorAnswer = ({ code, name, email, createdAt }: Actor) => ({
  code,
  name,
  email,
  createdAt: createdAt.toISOString(),
});

const keyAnswer = ({ createdAt, expiresAt, revokedAt, lastUsedAt, ...key }: ApiKey) => ({
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
        item: actorAnswer,
      });
      return c.json(page, 200);
    })
    .openapi(add, async (c) => {
      const { email = null, ...actor } = c.req.valid('json');
      return c.json(actorAnswer(await addActor(db, { ...actor, email }, c.get('caller').actorId)), 201);
    })
    .openapi(listOfKeys, async (c) => {
      const { id } = await getActor(db, c.req.valid('param').code);
      return c.json({ items: (await listKeys(db, id)).map(keyAnswer) }, 200);
    })
    .openapi(issue, async (c) => {
      const { role, partner, expiresAt } = c.req.valid('json');
      const actor = await getActor(db, c.req.valid('param').code);
      const key = await issueKey(db, {
        actorId: actor.id,
        role,
        partnerId: partner === undefined ? null : (await getPartner(db, partner)).id,
        expiresAt: expiresAt === undefined ? null : futureDate(expiresAt),
        issuedBy: c.get('caller').actorId,
      });
      return c.json(key, 201);
    })
    .openapi(revoke, async (c) => {
      await revokeKey(db, c.req.valid('param').id, c.get('caller').actorId);
      return c.body(null, 204);
    });

function futureDate(text: string): Date {
  const date = new Date(text);
  if (date.getTime() > Date.now()) return date;
  throw new Failure('invalid_input', 'No key was made: it would have expired already.', {
    details: [{ field: 'expiresAt', reason: 'is in the past' }],
  });
}
