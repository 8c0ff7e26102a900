import { createRoute, z } from '@hono/zod-openapi';

import {
  type GatewayPause,
  listGatewayPauses,
  pauseGateway,
  resumeGateway,
} from '../../../db/payers/gateway-pauses.ts';
import type { Database } from '../../../db/database.ts';
import { GATEWAYS, type GatewayName } from '../../../domain/rails.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason } from '../../http/schemas.ts';

const GatewayAnswer = z
  .object({
    gateway: z.enum(GATEWAYS),
    paused: z.boolean(),
    pausedAt: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .openapi('Gateway');

const GatewayPath = z.object({ name: z.enum(GATEWAYS) });

const list = createRoute({
  method: 'get',
  path: '/v1/gateways',
  tags: ['gateways'],
  summary: 'List the gateways',
  responses: { 200: answers(z.object({ items: z.array(GatewayAnswer) }), 'The gateways, and whether they are paused') },
});

const pause = createRoute({
  method: 'post',
  path: '/v1/gateways/{name}/pause',
  tags: ['gateways'],
  summary: 'Pause a gateway',
  request: { params: GatewayPath, body: jsonBody(z.strictObject({ reason: Reason })) },
  responses: {
    200: answers(GatewayAnswer, 'Paused: the provider is not asked any more; what was asked goes on to its end'),
  },
});

const resume = createRoute({
  method: 'post',
  path: '/v1/gateways/{name}/resume',
  tags: ['gateways'],
  summary: 'Let a gateway go on',
  request: { params: GatewayPath },
  responses: { 200: answers(GatewayAnswer, 'Goes on') },
});

const gatewayAnswer = (gateway: GatewayName, pauses: readonly GatewayPause[]) => {
  const paused = pauses.find((one) => one.gateway === gateway);
  return {
    gateway,
    paused: paused !== undefined,
    pausedAt: paused?.pausedAt.toISOString() ?? null,
    reason: paused?.reason ?? null,
  };
};

const readGateway = async (db: Database, gateway: GatewayName) => gatewayAnswer(gateway, await listGatewayPauses(db));

export const gatewayRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const pauses = await listGatewayPauses(db);
      return c.json({ items: GATEWAYS.map((gateway) => gatewayAnswer(gateway, pauses)) }, 200);
    })
    .openapi(pause, async (c) => {
      const { name } = c.req.valid('param');
      await pauseGateway(db, name, c.req.valid('json').reason, c.get('caller').actorId);
      return c.json(await readGateway(db, name), 200);
    })
    .openapi(resume, async (c) => {
      const { name } = c.req.valid('param');
      await resumeGateway(db, name, c.get('caller').actorId);
      return c.json(await readGateway(db, name), 200);
    });
