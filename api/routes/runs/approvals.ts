import { createRoute, z } from '@hono/zod-openapi';

import { decideRun } from '../../http/decide-run.ts';

import { getRun } from '../../../db/runs/runs.ts';
import { RUN_STATUSES } from '../../../domain/runs/run.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';

const NewDecisionBody = z
  .strictObject({
    decision: fields.oneOf(['approve', 'reject'], 'Whether the run may pay', 'approve'),
    contentHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a content hash of a run')
      .meta({
        description: 'The `contentHash` of the run as you saw it; another one is refused',
        examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
      }),
    note: Reason.meta({ description: 'What you want to be read with the decision', examples: ['Checked'] }).optional(),
  })
  .openapi('RunDecision');

const DecidedBody = z
  .object({ status: fields.oneOf(RUN_STATUSES, 'What the run is now', 'approved') })
  .openapi('DecidedRun');

const decide = createRoute({
  method: 'post',
  path: '/v1/runs/{id}/decision',
  tags: ['runs'],
  summary: 'Approve or reject a run',
  request: { params: UuidPath, body: jsonBody(NewDecisionBody) },
  responses: {
    200: answers(DecidedBody, 'The decision was recorded.'),
    403: problemResponse(
      'You asked for the run, changed it, added payout details that it pays to, or are paid by it, so another person must decide. Nothing was recorded.',
    ),
    409: problemResponse('The run changed since you saw it, or does not wait for a decision. Nothing was recorded.'),
    503: problemResponse(
      'It is not known whether the decision was recorded: repeat the request with the same Idempotency-Key.',
    ),
  },
});

/** People decide runs: each decision is recorded or refused, and the answer is what was recorded. */
export const approvalRoutes = ({ db, temporal }: ApiDeps) =>
  createRouter().openapi(decide, async (c) => {
    const run = await getRun(db, c.req.valid('param').id);
    const { note, ...body } = c.req.valid('json');
    const { actorId } = c.get('caller');
    const decision = { ...body, actorId, note: note ?? null, key: idempotencyKeyOf(c) };
    const status = await decideRun({ db, temporal }, run, decision);
    return c.json({ status }, 200);
  });
