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
    decision: fields.oneOf(['approve', 'reject'], 'Your decision about the run', 'approve'),
    contentHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a content hash of a run')
      .meta({
        description: 'The `contentHash` of the run as you saw it; the decision is refused if the run has another one',
        examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
      }),
    note: Reason.meta({
      description: 'A note for the people who read the decision later',
      examples: ['Checked'],
    }).optional(),
  })
  .openapi('RunDecision');

const DecidedBody = z
  .object({ status: fields.oneOf(RUN_STATUSES, 'The status of the run after the decision', 'approved') })
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
      'You, or a person who gave you your role, had a hand in the run, or it pays you, so another person must decide. Nothing was recorded.',
    ),
    409: problemResponse('The run changed since you saw it, or is not waiting for a decision. Nothing was recorded.'),
    503: problemResponse(
      'It is not known whether the decision was recorded: repeat the request with the same Idempotency-Key.',
    ),
  },
});

/** People decide runs. Each decision is recorded or refused, and the answer shows what was recorded. */
export const approvalRoutes = ({ db, temporal }: ApiDeps) =>
  createRouter().openapi(decide, async (c) => {
    const run = await getRun(db, c.req.valid('param').id);
    const { note, ...body } = c.req.valid('json');
    const { actorId } = c.get('caller');
    const decision = { ...body, actorId, note: note ?? null, key: idempotencyKeyOf(c) };
    const status = await decideRun({ db, temporal }, run, decision);
    return c.json({ status }, 200);
  });
