import { createRoute, z } from '@hono/zod-openapi';

import { listTasks, type Task } from '../../../db/tasks/tasks.ts';
import { TASK_KINDS } from '../../../domain/tasks/task.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

export const TaskAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(TASK_KINDS),
    /** What it is about, as `payout/<id>`. */
    subject: z.string(),
    payoutId: z.string().nullable(),
    detail: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    deadlineAt: z.string().nullable(),
    openedAt: z.string(),
    closedAt: z.string().nullable(),
    /** Nobody, where its cause went away by itself. */
    closedBy: z.string().nullable(),
    resolution: z.string().nullable(),
  })
  .openapi('Task');

const list = createRoute({
  method: 'get',
  path: '/v1/tasks',
  tags: ['tasks'],
  summary: 'List what waits for a person',
  request: {
    query: pageQuery(Uuid).extend({
      state: z.enum(['open', 'closed']).default('open'),
      kind: z.enum(TASK_KINDS).optional(),
      payout: Uuid.optional(),
    }),
  },
  responses: { 200: answers(pageOf(TaskAnswer), 'Tasks, the oldest first') },
});

export const taskAnswer = (task: Task) => ({
  ...task,
  deadlineAt: task.deadlineAt?.toISOString() ?? null,
  openedAt: task.openedAt.toISOString(),
  closedAt: task.closedAt?.toISOString() ?? null,
});

/** What only a person can do, and all that is known to do it by. */
export const taskRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit, state, kind, payout } = c.req.valid('query');
    const filter = { kind, payoutId: payout, isOpen: state === 'open' };
    const read = (count: number) => listTasks(db, filter, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ id }) => id, item: taskAnswer }), 200);
  });
