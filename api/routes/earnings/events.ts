import { createRoute, z } from '@hono/zod-openapi';

import { listEvents, listQuarantine, type QuarantinedEvent, type StoredEvent } from '../../../db/earnings/events.ts';
import { Code, Source } from '../../../domain/fields.ts';
import { WireEvent } from '../../../domain/event.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { intakeEvents, wakePrograms } from './intake.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Line, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const EVENTS_MAX = 1000;

const EventsBody = z.strictObject({ events: z.array(WireEvent).min(1).max(EVENTS_MAX) });

const EventsAnswer = z
  .object({
    results: z.array(
      z.object({
        source: z.string(),
        id: z.string(),
        status: z.enum(['accepted', 'replayed', 'quarantined', 'refused']),
      }),
    ),
  })
  .openapi('EventResults');

const EventAnswer = z
  .object({
    source: z.string(),
    id: z.string(),
    partner: z.string(),
    program: z.string(),
    kind: z.string(),
    currency: z.string().nullable(),
    amount: z.string().nullable(),
    quantity: z.int().nullable(),
    refundOf: z.string().nullable(),
    occurredAt: z.string(),
    bookedAt: z.string(),
    /** Whether what it earned has been worked out. */
    accrued: z.boolean(),
  })
  .openapi('Event');

const QuarantineAnswer = z
  .object({ source: z.string(), id: z.string(), receivedAt: z.string(), payload: z.record(z.string(), z.unknown()) })
  .openapi('QuarantinedEvent');

const add = createRoute({
  method: 'post',
  path: '/v1/events',
  tags: ['events'],
  summary: 'Send events',
  request: { body: jsonBody(EventsBody) },
  responses: {
    200: answers(
      EventsAnswer,
      'All are in: accepted, replayed (known already), or quarantined (known with other content)',
    ),
    400: problemResponse('None was taken in; every problem is named'),
  },
});

const EventKeyCursor = z.strictObject({ source: Source, id: z.string().regex(/^[\x20-\x7e]{1,200}$/) });

const EventsQuery = pageQuery(EventKeyCursor).extend({
  partner: Code.optional(),
  program: Code.optional(),
  source: Source.optional(),
  id: Line(200).optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/events',
  tags: ['events'],
  summary: 'List events',
  request: { query: EventsQuery },
  responses: { 200: answers(pageOf(EventAnswer), 'Events by source and id') },
});

const quarantine = createRoute({
  method: 'get',
  path: '/v1/quarantine',
  tags: ['events'],
  summary: 'List what was kept aside',
  request: { query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(QuarantineAnswer), 'What came under a known key with other content: it counts for nothing'),
  },
});

const eventAnswer = ({ minor, currency, occurredAt, bookedAt, ...event }: StoredEvent) => ({
  ...event,
  currency,
  amount: minor === null || currency === null ? null : formatDecimal(money(minor, currency)),
  occurredAt: occurredAt.toISOString(),
  bookedAt: bookedAt.toISOString(),
});

const quarantineAnswer = ({ source, id, payload, receivedAt }: QuarantinedEvent) => ({
  source,
  id,
  payload,
  receivedAt: receivedAt.toISOString(),
});

export const eventRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(add, async (c) => {
      const { events } = c.req.valid('json');
      const incoming = events.map((wire, unit) => ({ wire, unit }));
      const { outcomes, programs } = await intakeEvents(db, incoming, { nowMs: Date.now(), strict: true });
      await wakePrograms({ temporal, log }, programs);
      const results = outcomes.map(({ status }, index) => {
        const { source = '', id = '' } = events[index] ?? {};
        return { source, id, status };
      });
      return c.json({ results }, 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const read = (count: number) => listEvents(db, filter, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ source, id }) => ({ source, id }), item: eventAnswer }), 200);
    })
    .openapi(quarantine, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const read = (count: number) => listQuarantine(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ number }) => number, item: quarantineAnswer }), 200);
    });
