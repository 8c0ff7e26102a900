import { createRoute, z } from '@hono/zod-openapi';

import { cancelRun, excludeFromRun, pauseRun, resumeRun } from '../../../commands/runs/changes.ts';
import type { Run } from '../../../db/runs/runs.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { runBody, RunBody, startOf } from './runs.ts';

const ExclusionBody = z
  .strictObject({
    payout: Uuid.meta({
      description: 'The id of the payout to take out',
      examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
    }),
    reason: Reason,
  })
  .openapi('NewExclusion');

const exclude = createRoute({
  method: 'post',
  path: '/v1/runs/{id}/exclusions',
  operationId: 'excludeFromRun',
  tags: ['runs'],
  summary: 'Take a payout out of a run',
  request: { params: UuidPath, body: jsonBody(ExclusionBody) },
  responses: {
    200: answers(RunBody, 'The payout was taken out. The content hash is new, so approvals given before are void.'),
    409: problemResponse('The run is not in review, or the payout is no longer in it. Nothing was changed.'),
  },
});

const WhyBody = jsonBody(z.strictObject({ reason: Reason }).openapi('RunReason'));

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
    .openapi(exclude, async (c) => {
      const { payout, reason } = c.req.valid('json');
      const change = { runId: c.req.valid('param').id, actorId: c.get('caller').actorId, reason };
      const run = await excludeFromRun(db, change, payout);
      await wake(run);
      return c.json(runBody(run), 200);
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
