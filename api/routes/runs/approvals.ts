import { createRoute, z } from '@hono/zod-openapi';

import { decideRun } from '../../http/decide-run.ts';

import { getRun } from '../../../db/runs/runs.ts';
import { RUN_STATUSES } from '../../../domain/runs/run.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';

const DecisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  /** Of the run as the person saw it. */
  contentHash: z.string().regex(/^[0-9a-f]{64}$/, 'is not a content hash of a run'),
  note: Reason.optional(),
});

const decide = createRoute({
  method: 'post',
  path: '/v1/runs/{id}/decision',
  tags: ['runs'],
  summary: 'Approve or reject a run',
  request: { params: UuidPath, body: jsonBody(DecisionBody) },
  responses: {
    200: answers(z.object({ status: z.enum(RUN_STATUSES) }), 'Recorded; this is what the run is now'),
    403: problemResponse(
      'Who asked for a run, changed it, added details that it pays to or is paid by it does not decide it',
    ),
    409: problemResponse('The run changed since it was seen, or waits for no decision'),
    503: problemResponse('Not known whether it was recorded: repeat with the same Idempotency-Key'),
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
