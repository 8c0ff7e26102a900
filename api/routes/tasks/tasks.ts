import { createRoute, z } from '@hono/zod-openapi';

import { listTasks, type Task } from '../../../db/tasks/tasks.ts';
import { TASK_KINDS } from '../../../domain/tasks/task.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

export const TaskBody = z
  .object({
    id: fields.id('The id of the task'),
    kind: fields.oneOf(TASK_KINDS, 'The kind of task', 'outcome_unknown'),
    subject: fields.text('The subject, as a kind of thing and its name', 'payout/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'),
    payoutId: fields.id('The id of the payout that the task is about; null if it is not about a payout').nullable(),
    detail: fields.text('A sentence that says what happened', 'For more than a day nobody knows whether PayPal paid.'),
    evidence: fields.facts('The facts that were found', { attempt: 1, reference: '50000042' }),
    deadlineAt: fields.at('When the bank or the provider decides by itself; null if neither does').nullable(),
    openedAt: fields.at('When the task was opened'),
    closedAt: fields.at('When the task was closed; null while it is open').nullable(),
    closedBy: fields
      .code(
        'The code of the person who closed the task; null while it is open, or if its cause disappeared by itself',
        'anna',
      )
      .nullable(),
    resolution: fields.text('How the task was closed; null while it is open', 'not_paid').nullable(),
  })
  .openapi('Task');

const list = createRoute({
  method: 'get',
  path: '/v1/tasks',
  tags: ['tasks'],
  summary: 'List the tasks',
  request: {
    query: pageQuery(Uuid).extend({
      state: fields.oneOf(['open', 'closed'], 'Whether to list open or closed tasks', 'open').default('open'),
      kind: fields.oneOf(TASK_KINDS, 'Lists only tasks of this kind', 'outcome_unknown').optional(),
      payout: Uuid.meta({
        description: 'Lists only tasks about this payout',
        examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
      }).optional(),
    }),
  },
  responses: { 200: answers(pageOf(TaskBody), 'The tasks, the oldest first.') },
});

export const taskBody = (task: Task) => ({
  ...task,
  deadlineAt: task.deadlineAt?.toISOString() ?? null,
  openedAt: task.openedAt.toISOString(),
  closedAt: task.closedAt?.toISOString() ?? null,
});

/** Tasks that only a person can do. */
export const taskRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit, state, kind, payout } = c.req.valid('query');
    const filter = { kind, payoutId: payout, isOpen: state === 'open' };
    const read = (count: number) => listTasks(db, filter, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ id }) => id, item: taskBody }), 200);
  });
