import { createRoute, z } from '@hono/zod-openapi';

import { changeFactGrants } from '../../../commands/programs/fact-grants.ts';

import { getProgram, listFactGrants } from '../../../db/programs/programs.ts';
import { FactGrants } from '../../../domain/programs/fact-grants.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody } from '../../http/schemas.ts';

const GrantsBody = z.object({ grants: FactGrants }).openapi('FactGrants');

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/fact-grants',
  operationId: 'getFactGrants',
  tags: ['programs'],
  summary: 'Get the facts that events of a program grant',
  request: { params: CodePath },
  responses: { 200: answers(GrantsBody, 'The facts that events of the program say about their partners.') },
});

const set = createRoute({
  method: 'put',
  path: '/v1/programs/{code}/fact-grants',
  operationId: 'setFactGrants',
  tags: ['programs'],
  summary: 'Set the facts that events of a program grant',
  request: { params: CodePath, body: jsonBody(z.strictObject({ grants: FactGrants }).openapi('NewFactGrants')) },
  responses: {
    200: answers(
      GrantsBody,
      'Events that are taken in from now on grant these facts. Facts that were granted before stay.',
    ),
  },
});

export const factGrantRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(get, async (c) => {
      const { code } = await getProgram(db, c.req.valid('param').code);
      const [found] = await listFactGrants(db, [code]);
      return c.json({ grants: found?.grants ?? [] }, 200);
    })
    .openapi(set, async (c) => {
      const { grants } = c.req.valid('json');
      const changed = await changeFactGrants(db, c.req.valid('param').code, grants, c.get('caller').actorId);
      return c.json({ grants: [...changed] }, 200);
    });
