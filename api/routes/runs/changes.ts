import { createRoute, z } from '@hono/zod-openapi';

import { holdPayout, releasePayout } from '../../../commands/runs/holds.ts';
import { cancelRun, cutFromRun, pauseRun, resumeRun } from '../../../commands/runs/changes.ts';
import { getRun, type Run } from '../../../db/runs/runs.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { payoutBody, PayoutBody } from '../payouts/payouts.ts';
import { runBody, RunBody, startOf } from './runs.ts';

const WhyBody = jsonBody(z.strictObject({ reason: Reason }).openapi('RunReason'));

const cut = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/cut',
  operationId: 'cutPayout',
  tags: ['payouts'],
  summary: 'Take a payout out of its run',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(
      PayoutBody,
      'The payout leaves its run, and its lines are free. In review the content hash is new, so approvals given before are void. A payout in a batch leaves it when the batch would be requested.',
    ),
    409: problemResponse('Its provider was asked, or it is out of the run already. Nothing was changed.'),
  },
});

const hold = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/hold',
  operationId: 'holdPayout',
  tags: ['payouts'],
  summary: 'Hold a payout back',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(
      PayoutBody,
      'The payout stays in its run, with its approvals, and its provider is not asked before it is released. A payout that is held already keeps its first reason. A payout in a batch leaves it when the batch would be requested.',
    ),
    409: problemResponse('Its provider was asked, or it is over. Nothing was changed.'),
  },
});

const release = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/release',
  operationId: 'releasePayout',
  tags: ['payouts'],
  summary: 'Release a held payout',
  request: { params: UuidPath },
  responses: {
    200: answers(
      PayoutBody,
      'The payout goes on with its run. If the partner is owed less by now, the payout is taken out of the run instead.',
    ),
    409: problemResponse('Its provider was asked, or it is over. Nothing was changed.'),
  },
});

const changeRoute = <Verb extends 'pause' | 'resume' | 'cancel'>(verb: Verb, summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/v1/runs/{id}/${verb}`,
    tags: ['runs'],
    summary,
    request: { params: UuidPath, body: WhyBody },
    responses: {
      200: answers(RunBody, description),
      409: problemResponse("The run's current status does not allow this. Nothing was changed."),
    },
  });

const pause = changeRoute(
  'pause',
  'Pause a run',
  'The run is paused: no provider is asked for anything new. Payments that were requested before continue to their end.',
);
const resume = changeRoute('resume', 'Resume a run', 'The run continues.');
const cancel = changeRoute('cancel', 'Cancel a run', 'The run was cancelled. Its lines are free for the next run.');

/** The changes that people make to a run besides deciding it. */
export const runChangeRoutes = ({ db, temporal, log }: ApiDeps) => {
  const wake = (run: Run) => wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
  const move = async (verb: typeof pauseRun, runId: string, actorId: string, reason: string) => {
    const run = await verb(db, { runId, actorId, reason });
    await wake(run);
    return runBody(run);
  };

  return createRouter()
    .openapi(cut, async (c) => {
      const { reason } = c.req.valid('json');
      const payout = await cutFromRun(db, c.req.valid('param').id, c.get('caller').actorId, reason);
      await wake(await getRun(db, payout.runId));
      return c.json(payoutBody(payout), 200);
    })
    .openapi(hold, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(payoutBody(await holdPayout(db, c.req.valid('param').id, c.get('caller').actorId, reason)), 200);
    })
    .openapi(release, async (c) => {
      const payout = await releasePayout(db, c.req.valid('param').id, c.get('caller').actorId);
      await wake(await getRun(db, payout.runId));
      return c.json(payoutBody(payout), 200);
    })
    .openapi(pause, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(pauseRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    })
    .openapi(resume, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(resumeRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    })
    .openapi(cancel, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(cancelRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    });
};
