import { createRoute, z } from '@hono/zod-openapi';

import { pauseGateway, resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import type { Database } from '../../../db/database.ts';
import { type GatewayPause, listGatewayPauses } from '../../../db/payers/gateway-pauses.ts';
import { GATEWAYS, type GatewayName } from '../../../domain/rails.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason } from '../../http/schemas.ts';

const GatewayBody = z
  .object({
    gateway: fields.oneOf(GATEWAYS, 'The name of the gateway', 'wise'),
    paused: z
      .boolean()
      .meta({ description: 'Whether the gateway is paused, so that its provider is not asked for anything new' }),
    pausedAt: fields.at('When the gateway was paused; null if it is not paused').nullable(),
    reason: fields
      .text('The reason why it is paused; null if it is not paused', 'The provider announced maintenance')
      .nullable(),
  })
  .openapi('Gateway');

const GatewayList = z.object({ items: z.array(GatewayBody).meta({ description: 'All gateways' }) }).openapi('Gateways');

const GatewayPath = z.object({ name: fields.oneOf(GATEWAYS, 'The name of the gateway', 'wise') });

const list = createRoute({
  method: 'get',
  path: '/v1/gateways',
  tags: ['gateways'],
  summary: 'List the gateways',
  responses: { 200: answers(GatewayList, 'The gateways, and whether they are paused.') },
});

const pause = createRoute({
  method: 'post',
  path: '/v1/gateways/{name}/pause',
  tags: ['gateways'],
  summary: 'Pause a gateway',
  request: { params: GatewayPath, body: jsonBody(z.strictObject({ reason: Reason }).openapi('GatewayPause')) },
  responses: {
    200: answers(
      GatewayBody,
      'The gateway is paused: its provider is not asked for anything new. Payments that were requested before continue to their end.',
    ),
  },
});

const resume = createRoute({
  method: 'post',
  path: '/v1/gateways/{name}/resume',
  tags: ['gateways'],
  summary: 'Resume a gateway',
  request: { params: GatewayPath },
  responses: { 200: answers(GatewayBody, 'The gateway is no longer paused.') },
});

const gatewayBody = (gateway: GatewayName, pauses: readonly GatewayPause[]) => {
  const paused = pauses.find((one) => one.gateway === gateway);
  return {
    gateway,
    paused: paused !== undefined,
    pausedAt: paused?.pausedAt.toISOString() ?? null,
    reason: paused?.reason ?? null,
  };
};

const readGateway = async (db: Database, gateway: GatewayName) => gatewayBody(gateway, await listGatewayPauses(db));

export const gatewayRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const pauses = await listGatewayPauses(db);
      return c.json({ items: GATEWAYS.map((gateway) => gatewayBody(gateway, pauses)) }, 200);
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
