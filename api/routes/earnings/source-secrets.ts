import { createRoute, z } from '@hono/zod-openapi';

import { addSourceSecret, revokeSourceSecret } from '../../../commands/earnings/source-secrets.ts';
import { listSecrets, type SourceSecret } from '../../../db/earnings/source-secrets.ts';
import { Source } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

const SecretBody = z
  .object({
    id: fields.id('The id of the secret; use it to revoke the secret'),
    source: fields.text('The source that signs with it', 'shop'),
    createdBy: fields.code('The person who set it, and who answers for the events that it signs', 'olga'),
    createdAt: fields.at('When it was set'),
    revokedAt: fields.at('When it was revoked; null while it is in force').nullable(),
  })
  .openapi('SourceSecret');

const NewSecretBody = SecretBody.extend({
  secret: fields.text('The secret itself, shown only this once', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
}).openapi('NewSourceSecret');

const SourcePath = z.object({ source: Source });

const list = createRoute({
  method: 'get',
  path: '/v1/sources/{source}/secrets',
  operationId: 'listSourceSecrets',
  tags: ['events'],
  summary: 'List the secrets by which a source signs its webhooks',
  request: { params: SourcePath, query: pageQuery(Uuid) },
  responses: {
    200: answers(pageOf(SecretBody), 'The secrets, the oldest first. The secrets themselves are never shown.'),
  },
});

const add = createRoute({
  method: 'post',
  path: '/v1/sources/{source}/secrets',
  operationId: 'addSourceSecret',
  tags: ['events'],
  summary: 'Set a secret by which a source signs its webhooks',
  request: {
    params: SourcePath,
    body: jsonBody(
      z
        .strictObject({
          secret: z
            .string()
            .max(200)
            .meta({
              description:
                'The secret that the sender gave you: `whsec_` and 24 to 64 bytes in Base64. Without it, Bursar makes a new one',
              examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
            })
            .optional(),
        })
        .openapi('SourceSecretWish'),
    ),
  },
  responses: { 201: answers(NewSecretBody, 'The secret is in force. The other secrets of the source stay in force.') },
});

const revoke = createRoute({
  method: 'delete',
  path: '/v1/sources/{source}/secrets/{id}',
  operationId: 'revokeSourceSecret',
  tags: ['events'],
  summary: 'Revoke a secret of a source',
  request: { params: SourcePath.extend({ id: Uuid }) },
  responses: { 200: answers(SecretBody, 'The secret is revoked. Webhooks that it signs are refused.') },
});

const secretBody = ({ id, source, createdBy, createdAt, revokedAt }: SourceSecret) => ({
  id,
  source,
  createdBy,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});

export const sourceSecretRoutes = ({ db, vault }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const read = (count: number) => listSecrets(db, c.req.valid('param').source, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: secretBody }), 200);
    })
    .openapi(add, async (c) => {
      const { secret = null } = c.req.valid('json');
      const { source } = c.req.valid('param');
      const added = await addSourceSecret(db, vault, { source, secret, by: c.get('caller').actorId });
      return c.json({ ...secretBody(added), secret: added.secret }, 201);
    })
    .openapi(revoke, async (c) => {
      const revoked = await revokeSourceSecret(db, { ...c.req.valid('param'), by: c.get('caller').actorId });
      return c.json(secretBody(revoked), 200);
    });
