import { createRoute, z } from '@hono/zod-openapi';

import { proposeMerge } from '../../../commands/earnings/merges.ts';
import { Code } from '../../../domain/fields.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody } from '../../http/schemas.ts';
import { CorrectionDetailBody, correctionDetail } from './corrections.ts';
import { CorrectionReason, CorrectionReference } from './new-corrections.ts';

const MergeBody = z
  .strictObject({
    into: Code.meta({ description: 'The partner who goes on', examples: ['paula'] }),
    reason: CorrectionReason,
    reference: CorrectionReference.optional(),
  })
  .openapi('NewMerge');

const merge = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/merge',
  operationId: 'proposeMerge',
  tags: ['corrections'],
  summary: 'Propose to merge a partner into another one',
  description:
    'Once another person confirms it, the balance moves, the other partner takes over the agreements, and the old code finds the other partner.',
  request: { params: CodePath, body: jsonBody(MergeBody) },
  responses: {
    201: answers(CorrectionDetailBody, 'The proposal was recorded. Nothing changes until another person confirms it.'),
    403: problemResponse('You are paid through one of the two partners. Nothing was recorded.'),
    409: problemResponse('The partner is on hold. Nothing was recorded.'),
  },
});

/** Two partners who are one person or company become one. */
export const mergeRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(merge, async (c) => {
    const { into, reason, reference = null } = c.req.valid('json');
    const { code } = c.req.valid('param');
    const correction = await proposeMerge(db, { code, into, reason, reference, by: c.get('caller').actorId });
    return c.json(await correctionDetail(db, correction), 201);
  });
