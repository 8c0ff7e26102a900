import { createRoute, z } from '@hono/zod-openapi';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

import { addDecisionNote, hasDecided } from '../../../db/runs/approvals.ts';
import { getRun, type Run } from '../../../db/runs/runs.ts';
import type { Decision } from '../../../domain/runs/approval.ts';
import { Failure } from '../../../domain/errors.ts';
import { RUN_STATUSES, type RunStatus } from '../../../domain/runs/run.ts';
import { decideUpdate, runWorkflowId } from '../../../temporal/messages.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { startOf } from './runs.ts';

const DECISION_WAIT_MS = 5000;

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

/** Asks the run's workflow, which answers only what was recorded; where it is not there it is started again from its row. */
async function sendDecision(temporal: Client, run: Run, decision: Decision, updateId: string): Promise<RunStatus> {
  const update = () =>
    temporal.workflow.getHandle(runWorkflowId(run.id)).executeUpdate(decideUpdate, { updateId, args: [decision] });
  try {
    return await update();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    await wakeRun(temporal, startOf(run));
    return update();
  }
}

/** People decide runs: each decision is recorded or refused, and the answer is what was recorded. */
export const approvalRoutes = ({ db, temporal }: ApiDeps) =>
  createRouter().openapi(decide, async (c) => {
    const run = await getRun(db, c.req.valid('param').id);
    const { note, ...body } = c.req.valid('json');
    const { actorId } = c.get('caller');
    if (run.status !== 'review') {
      // A decision whose answer was lost is repeated: it is what made the run what it is.
      if (await hasDecided(db, { runId: run.id, actorId, ...body })) return c.json({ status: run.status }, 200);
      throw new Failure(
        'run_not_in_review',
        `Nothing was recorded: the run is ${run.status}, and waits for no decision.`,
      );
    }
    // The key is its sender's own: another person's same key must not be answered with this one's decision.
    const updateId = `${actorId}/${idempotencyKeyOf(c)}`;
    const noteId = note === undefined ? null : await addDecisionNote(db, actorId, note);
    const status = await temporal.withDeadline(Date.now() + DECISION_WAIT_MS, () =>
      sendDecision(temporal, run, { ...body, noteId, by: actorId }, updateId),
    );
    return c.json({ status }, 200);
  });
