import { createRoute, z } from '@hono/zod-openapi';

import { ping } from '../../db/database.ts';
import { hasOpenAlarm } from '../../db/tasks/alarms.ts';
import type { ApiDeps } from '../http/deps.ts';
import * as fields from '../http/fields.ts';
import { createRouter } from '../http/router.ts';
import { answers } from '../http/schemas.ts';

const READY_WAIT_MS = 2000;

const STATES = ['up', 'down'] as const;

const Health = z
  .object({ status: z.literal('up').meta({ description: 'The status of the process; `up` if it answers' }) })
  .openapi('Health');
const Readiness = z
  .object({
    database: fields.oneOf(STATES, 'Whether PostgreSQL answers within two seconds', 'up'),
    temporal: fields.oneOf(STATES, 'Whether Temporal answers within two seconds', 'up'),
    mail: fields.oneOf(
      STATES,
      '`down` while the mail server accepts no mail, so that notices wait; the API itself is still ready',
      'up',
    ),
  })
  .openapi('Readiness');

const health = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['health'],
  summary: 'Check whether the process is up',
  responses: { 200: answers(Health, 'The process is up.') },
});

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'getReadiness',
  tags: ['health'],
  summary: 'Check whether the process is ready for requests',
  responses: {
    200: answers(Readiness, 'The process is ready for requests.'),
    503: answers(Readiness, 'The process is not ready. The answer names the server that does not respond.'),
  },
});

export const healthRoutes = ({ db, temporal }: Pick<ApiDeps, 'db' | 'temporal'>) =>
  createRouter()
    .openapi(health, (c) => c.json({ status: 'up' as const }, 200))
    .openapi(ready, async (c) => {
      const [database, server] = await Promise.all([
        answersInTime(() => ping(db)),
        answersInTime(() => temporal.connection.workflowService.getSystemInfo({})),
      ]);
      const mail = database === 'up' && (await hasOpenAlarm(db, 'mail_not_sent')) ? 'down' : 'up';
      return c.json({ database, temporal: server, mail }, database === 'up' && server === 'up' ? 200 : 503);
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
