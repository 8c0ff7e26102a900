import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'slonik';

import type { ApiDeps } from '../http/deps.ts';
import { createRouter } from '../http/router.ts';
import { answers } from '../http/schemas.ts';

const READY_WAIT_MS = 2000;

const Health = z.object({ status: z.literal('up') });
const Readiness = z.object({ database: z.enum(['up', 'down']), temporal: z.enum(['up', 'down']) });

const health = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['health'],
  summary: 'Ask whether the process is up',
  responses: { 200: answers(Health, 'The process is up') },
});

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['health'],
  summary: 'Ask whether it is ready for requests',
  responses: {
    200: answers(Readiness, 'Ready for requests'),
    503: answers(Readiness, 'Not ready: says what does not answer'),
  },
});

export const healthRoutes = ({ db, temporal }: Pick<ApiDeps, 'db' | 'temporal'>) =>
  createRouter()
    .openapi(health, (c) => c.json({ status: 'up' as const }, 200))
    .openapi(ready, async (c) => {
      const [database, server] = await Promise.all([
        answersInTime(() => db.query(sql.unsafe`select 1`)),
        answersInTime(() => temporal.connection.workflowService.getSystemInfo({})),
      ]);
      return c.json({ database, temporal: server }, database === 'up' && server === 'up' ? 200 : 503);
    });

async function answersInTime(ask: () => Promise<unknown>): Promise<'up' | 'down'> {
  const late = AbortSignal.timeout(READY_WAIT_MS);
  const tooLate = new Promise<never>((_resolve, reject) =>
    late.addEventListener('abort', () => reject(late.reason), { once: true }),
  );
  return Promise.race([ask(), tooLate]).then(
    () => 'up',
    () => 'down',
  );
}
