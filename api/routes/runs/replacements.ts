import { createRoute, z } from '@hono/zod-openapi';

import { askForReplacement } from '../../../commands/runs/ask.ts';

import { wakeRun } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { runBody, RunBody, startOf } from './runs.ts';

const ReplacementBody = z.strictObject({ reason: Reason }).openapi('NewReplacement');

const replace = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/replacement',
  tags: ['payouts'],
  summary: 'Replace a payout that failed or came back',
  request: { params: UuidPath, body: jsonBody(ReplacementBody) },
  responses: {
    201: answers(
      RunBody,
      'A run for this one partner and currency is being prepared. You cannot approve a run that you asked for.',
    ),
    409: problemResponse('The payout may still pay, or is already being replaced. No run was opened.'),
  },
});

/** A new payout in a run of its own replaces the first one, and only after proof that the first can no longer pay. */
export const replacementRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter().openapi(replace, async (c) => {
    const { reason } = c.req.valid('json');
    const { actorId } = c.get('caller');
    const request = { actorId, key: idempotencyKeyOf(c), nowMs: Date.now() };
    const run = await askForReplacement(db, { ...request, payoutId: c.req.valid('param').id, reason });
    await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
    return c.json(runBody(run), 201);
  });
