import { createRoute, z } from '@hono/zod-openapi';

import { addAuditEntry } from '../../../db/people/audit.ts';
import { getPayout, type Payout } from '../../../db/payouts/payouts.ts';
import { getRun, insertRun, type NewRun, type Run } from '../../../db/runs/runs.ts';
import { Failure } from '../../../domain/errors.ts';
import { onDemandRunId } from '../../../domain/ids.ts';
import { whyNotReplace } from '../../../domain/payouts/replacement.ts';
import { localDate } from '../../../domain/calendar.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { runAnswer, RunAnswer, startOf } from './runs.ts';

const replace = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/replacement',
  tags: ['payouts'],
  summary: 'Replace a payout that failed or came back',
  request: { params: UuidPath, body: jsonBody(z.strictObject({ reason: Reason })) },
  responses: {
    201: answers(
      RunAnswer,
      'A run for this partner and currency alone is being prepared; whoever asked cannot approve it',
    ),
    409: problemResponse('The payout may still pay, or is being replaced already'),
  },
});

/** A run that pays what its period owed this partner, to the instrument that is the partner's now. */
const replacementRun = (
  replaced: Payout,
  run: Run,
  request: { actorId: string; key: string; reason: string },
  nowMs: number,
): NewRun => ({
  id: onDemandRunId(run.schedule, `${request.actorId}/${replaced.id}/${request.key}`),
  scheduleId: run.scheduleId,
  kind: 'on_demand',
  periodStart: run.periodStart,
  periodEnd: run.periodEnd,
  redo: 0,
  cutoffAtMs: run.cutoffAt.getTime(),
  payOn: localDate(nowMs, run.zone),
  preparerId: request.actorId,
  replaces: { payoutId: replaced.id, reason: request.reason },
});

/** A payout is replaced by a new one, in a run of its own, and only after proof that the first pays no more. */
export const replacementRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter().openapi(replace, async (c) => {
    const { reason } = c.req.valid('json');
    const { actorId } = c.get('caller');
    const replaced = await getPayout(db, c.req.valid('param').id);
    const why = whyNotReplace(replaced.status, replaced.attemptState);
    if (why) throw new Failure('payout_not_replaceable', `Nothing was opened for payout ${replaced.id}: ${why}`);
    const of = await getRun(db, replaced.runId);
    const asked = replacementRun(replaced, of, { actorId, key: idempotencyKeyOf(c), reason }, Date.now());
    await db.transaction(async (tx) => {
      if (!(await insertRun(tx, asked))) return;
      const detail = { payout: replaced.id, reason };
      await addAuditEntry(tx, { actorId, action: 'run.replace', subject: `run/${asked.id}`, detail });
    });
    const run = await getRun(db, asked.id);
    await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
    return c.json(runAnswer(run), 201);
  });
