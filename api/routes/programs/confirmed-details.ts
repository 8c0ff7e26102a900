import { createRoute, z } from '@hono/zod-openapi';

import { setConfirmedDetails } from '../../../commands/programs/confirmed-details.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody } from '../../http/schemas.ts';

export const ConfirmsDetails = z.boolean().meta({
  description:
    'Whether changed payout details of a partner of this program are paid to only after a second person called the partner back and kept the answer. It counts for details that are added from now on',
  examples: [true],
});

const rule = { confirmsDetails: ConfirmsDetails };

const change = createRoute({
  method: 'put',
  path: '/v1/programs/{code}/confirmed-details',
  operationId: 'setConfirmedDetails',
  tags: ['programs'],
  summary: 'Say whether changed payout details need a call',
  request: { params: CodePath, body: jsonBody(z.strictObject(rule).openapi('NewConfirmedDetails')) },
  responses: { 200: answers(z.object(rule).openapi('ConfirmedDetails'), 'The rule from now on.') },
});

export const confirmedDetailRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(change, async (c) => {
    const { confirmsDetails } = c.req.valid('json');
    await setConfirmedDetails(db, c.req.valid('param').code, confirmsDetails, { by: c.get('caller').actorId });
    return c.json({ confirmsDetails }, 200);
  });
