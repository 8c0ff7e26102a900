import { createRoute, z } from '@hono/zod-openapi';

import { type AlarmRow, clearAlarm, listAlarms } from '../../../db/tasks/alarms.ts';
import { listBreaks } from '../../../db/books/reconciliation.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { Failure } from '../../../domain/errors.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const AlarmAnswer = z
  .object({ id: z.string(), kind: z.string(), subject: z.string(), detail: z.string(), raisedAt: z.string() })
  .openapi('Alarm');

const BreakAnswer = z
  .object({
    id: z.string(),
    gateway: z.string(),
    kind: z.string(),
    subject: z.string(),
    currency: z.string().nullable(),
    expected: z.string().nullable(),
    found: z.string().nullable(),
    openedAt: z.string(),
  })
  .openapi('Break');

const alarms = createRoute({
  method: 'get',
  path: '/v1/alarms',
  tags: ['alarms'],
  summary: 'List the open alarms',
  request: { query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(AlarmAnswer), 'What a person must look at, the oldest first') },
});

const clear = createRoute({
  method: 'post',
  path: '/v1/alarms/{id}/clear',
  tags: ['alarms'],
  summary: 'Clear an alarm',
  request: { params: z.object({ id: RowNumber }) },
  responses: {
    200: answers(
      z.object({ id: z.string(), cleared: z.literal(true) }),
      'Cleared; it is raised again if its cause is still there',
    ),
  },
});

const breaks = createRoute({
  method: 'get',
  path: '/v1/breaks',
  tags: ['reconciliation'],
  summary: 'List the open breaks',
  request: { query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(BreakAnswer), 'Where our books and a provider’s do not agree, the oldest first') },
});

const alarmAnswer = ({ id, raisedAt, ...alarm }: AlarmRow) => ({
  ...alarm,
  id: String(id),
  raisedAt: raisedAt.toISOString(),
});

type Break = Awaited<ReturnType<typeof listBreaks>>[number];

const breakAnswer = ({ id, currency, expectedMinor, foundMinor, openedAt, ...found }: Break) => ({
  ...found,
  id: String(id),
  currency,
  expected: say(expectedMinor, currency),
  found: say(foundMinor, currency),
  openedAt: openedAt.toISOString(),
});

const say = (minor: bigint | null, currency: CurrencyCode | null): string | null =>
  minor === null || currency === null ? null : formatDecimal(money(minor, currency));

export const alarmRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(alarms, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const read = (count: number) => listAlarms(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: alarmAnswer }), 200);
    })
    .openapi(clear, async (c) => {
      const { id } = c.req.valid('param');
      if (!(await clearAlarm(db, id, c.get('caller').actorId)))
        throw new Failure('not_found', `There is no open alarm ${id}.`);
      return c.json({ id: String(id), cleared: true as const }, 200);
    })
    .openapi(breaks, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const read = (count: number) => listBreaks(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: breakAnswer }), 200);
    });
