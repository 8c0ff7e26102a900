import { createRoute, z } from '@hono/zod-openapi';

import { decideException } from '../../../commands/checks/exceptions.ts';
import { EXCEPTION_DECISIONS } from '../../../domain/checks/check.ts';
import { wakeCheckDesk } from '../../../temporal/starts.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Reason, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';

const NewDecisionBody = z
  .strictObject({
    decision: fields.oneOf(EXCEPTION_DECISIONS, 'What the bank shall do with the check', 'return'),
    reason: Reason.meta({
      description: 'Why, for the people who read it later',
      examples: ['We did not write this check'],
    }),
  })
  .openapi('CheckExceptionDecision');

const DecisionBody = z
  .object({
    id: fields.id('The id of the task'),
    number: fields.rowNumber('The number of the check that was presented', '1001'),
    decision: fields.oneOf(EXCEPTION_DECISIONS, 'What was decided; null until then', 'return').nullable(),
    payout: fields.id('The payout whose check it is; null where it is none of ours').nullable(),
    decideBy: fields.at('When the bank decides by itself'),
  })
  .openapi('CheckException');

const decide = createRoute({
  method: 'post',
  path: '/v1/check-exceptions/{id}/decision',
  tags: ['checks'],
  summary: 'Decide whether the bank pays a check that it asks about',
  description: 'The id is that of the task.',
  request: {
    params: UuidPath,
    body: jsonBody(NewDecisionBody),
  },
  responses: {
    200: answers(DecisionBody, 'The decision was recorded. The bank is told next.'),
    403: problemResponse(
      'Only an approver may decide `pay`, and only one whom the check does not pay. Nothing was recorded.',
    ),
    409: problemResponse(
      'It was decided already, or our register says that the bank must not pay the check. Nothing was recorded.',
    ),
  },
});

/** People decide about the checks that the bank asks about. */
export const exceptionRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter().openapi(decide, async (c) => {
    const { id } = c.req.valid('param');
    const { actorId, role } = c.get('caller');
    const decided = await decideException(db, id, { ...c.req.valid('json'), by: actorId, role });
    await wakeQuietly({ temporal, log }, { task: id }, () => wakeCheckDesk(temporal));
    const { number, decision, payoutId, decideBy } = decided;
    const answer = { id, number: String(number), decision, payout: payoutId, decideBy: decideBy.toISOString() };
    return c.json(answer, 200);
  });
