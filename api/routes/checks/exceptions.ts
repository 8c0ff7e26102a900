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
    decision: fields.oneOf(
      EXCEPTION_DECISIONS,
      'The instruction to the bank: whether to pay or return the check',
      'return',
    ),
    reason: Reason.meta({
      description: 'The reason, for the people who read it later',
      examples: ['We did not write this check'],
    }),
  })
  .openapi('CheckExceptionDecision');

const DecisionBody = z
  .object({
    id: fields.id('The id of the task'),
    number: fields.rowNumber('The number of the check that was presented', '1001'),
    decision: fields.oneOf(EXCEPTION_DECISIONS, 'The decision; null until somebody decides', 'return').nullable(),
    payout: fields.id('The payout that the check pays; null if it is not one of our checks').nullable(),
    decideBy: fields.at('When the bank decides by itself, unless somebody has decided before'),
  })
  .openapi('CheckException');

const decide = createRoute({
  method: 'post',
  path: '/v1/check-exceptions/{id}/decision',
  tags: ['checks'],
  summary: 'Decide whether the bank pays a check that it asks about',
  description: 'The id in the path is the id of the task.',
  request: {
    params: UuidPath,
    body: jsonBody(NewDecisionBody),
  },
  responses: {
    200: answers(DecisionBody, 'The decision was recorded. Bursar tells the bank next.'),
    403: problemResponse('Only an approver whom the check does not pay may decide `pay`. Nothing was recorded.'),
    409: problemResponse(
      'The check has already been decided, or our register says that the bank must not pay it. Nothing was recorded.',
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
