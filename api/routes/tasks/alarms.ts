import { createRoute, z } from '@hono/zod-openapi';

import { clearAlarm } from '../../../commands/tasks/alarms.ts';
import { listBreaks } from '../../../db/books/reconciliation.ts';
import { type Alarm, listAlarms } from '../../../db/tasks/alarms.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const AlarmBody = z
  .object({
    id: fields.rowNumber('The number of the alarm; use it to clear the alarm', '42'),
    kind: fields.text('The kind of alarm; the runbook of alarms has a row for each kind', 'statement_not_read'),
    subject: fields.text('The subject, as a kind of thing and its name', 'payout/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'),
    detail: fields.text('The first fact', 'The statement of 2026-03-01 could not be read.'),
    facts: z
      .array(
        z.object({
          detail: fields.text('A sentence that says what was found', 'The statement of 2026-03-01 could not be read.'),
          at: fields.at('When it was found'),
        }),
      )
      .meta({ description: 'Everything that was found while it was open, the oldest first, and at most the last 20' }),
    raisedAt: fields.at('When the alarm was raised'),
  })
  .openapi('Alarm');

const BreakBody = z
  .object({
    id: fields.rowNumber('The number of the break', '7'),
    gateway: fields.text('The gateway whose statement was read', 'paypal'),
    kind: fields.text('The kind of difference', 'missing_at_provider'),
    subject: fields.text('The subject, as a kind of thing and its name', 'payout/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'),
    currency: fields.orNull(Currency, 'The currency of both amounts; null if there is none'),
    expected: fields.amount('The amount in our books; null if they have none').nullable(),
    found: fields.amount("The amount in the provider's statement; null if it has none").nullable(),
    openedAt: fields.at('When the break was found'),
  })
  .openapi('Break');

const ClearedBody = z
  .object({
    id: fields.rowNumber('The number of the alarm', '42'),
    cleared: z.literal(true).meta({ description: 'Confirmation that the alarm is cleared' }),
  })
  .openapi('ClearedAlarm');

const alarms = createRoute({
  method: 'get',
  path: '/v1/alarms',
  tags: ['alarms'],
  summary: 'List the open alarms',
  request: { query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(AlarmBody), 'The open alarms, the oldest first.') },
});

const clear = createRoute({
  method: 'post',
  path: '/v1/alarms/{id}/clear',
  tags: ['alarms'],
  summary: 'Clear an alarm',
  request: { params: z.object({ id: RowNumber }) },
  responses: {
    200: answers(ClearedBody, 'The alarm was cleared. Bursar raises it again if its cause is still there.'),
  },
});

const breaks = createRoute({
  method: 'get',
  path: '/v1/breaks',
  tags: ['reconciliation'],
  summary: 'List the open breaks',
  request: { query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(BreakBody), 'The open breaks, the oldest first.'),
  },
});

const alarmBody = ({ id, raisedAt, ...alarm }: Alarm) => ({
  ...alarm,
  id: String(id),
  raisedAt: raisedAt.toISOString(),
});

type Break = Awaited<ReturnType<typeof listBreaks>>[number];

const breakBody = ({ id, currency, expectedMinor, foundMinor, openedAt, ...found }: Break) => ({
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
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: alarmBody }), 200);
    })
    .openapi(clear, async (c) => {
      const { id } = c.req.valid('param');
      await clearAlarm(db, id, c.get('caller').actorId);
      return c.json({ id: String(id), cleared: true as const }, 200);
    })
    .openapi(breaks, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const read = (count: number) => listBreaks(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: breakBody }), 200);
    });
