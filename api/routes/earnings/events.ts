import { createRoute, z } from '@hono/zod-openapi';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { listEvents, type StoredEvent } from '../../../db/earnings/events.ts';
import { listQuarantine, type QuarantinedEvent } from '../../../db/earnings/quarantine.ts';
import { Code, Currency, Line, Source } from '../../../domain/fields.ts';
import { WireEvent } from '../../../domain/event.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';
import { wakePrograms } from '../../http/wake.ts';

const EVENTS_MAX = 1000;

const NewEventsBody = z
  .strictObject({
    events: z
      .array(WireEvent)
      .min(1)
      .max(EVENTS_MAX)
      .meta({ description: `1 to ${EVENTS_MAX} events; all are taken in, or none` }),
  })
  .openapi('NewEvents');

const EventsBody = z
  .object({
    results: z
      .array(
        z.object({
          source: fields.text('The source of the event', 'shop'),
          id: fields.text('The id of the event in its source', 'order-1001'),
          status: fields.oneOf(
            ['accepted', 'replayed', 'quarantined', 'refused'],
            '`accepted`: it is new; `replayed`: it was known already; `quarantined`: it is known with other content, and this one counts for nothing',
            'accepted',
          ),
        }),
      )
      .meta({ description: 'What became of each event, in the order in which they were sent' }),
  })
  .openapi('EventResults');

const EventBody = z
  .object({
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    partner: fields.code('The code of the partner who did it', 'paula'),
    program: fields.code('The code of the program that pays for it', 'resale'),
    kind: fields.text('What happened', 'sale'),
    currency: fields.orNull(Currency, 'The currency of the amount; null where there is none'),
    amount: fields.amount('The main amount; null where it has none').nullable(),
    quantity: fields.count('How many units; null where it says none', 3).nullable(),
    refundOf: fields
      .text('The id of the event that it takes back; null unless it is a refund', 'order-1001')
      .nullable(),
    occurredAt: fields.at('When it happened'),
    bookedAt: fields.at('When it was taken in'),
    accrued: z.boolean().meta({ description: 'Whether it has been worked out what the event earned' }),
  })
  .openapi('Event');

const QuarantineBody = z
  .object({
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    receivedAt: fields.at('When it came'),
    payload: fields.facts('The event as it was sent', {
      source: 'shop',
      id: 'order-1001',
      kind: 'sale',
      amount: '99.00',
    }),
  })
  .openapi('QuarantinedEvent');

const add = createRoute({
  method: 'post',
  path: '/v1/events',
  operationId: 'sendEvents',
  tags: ['events'],
  summary: 'Send events',
  request: { body: jsonBody(NewEventsBody) },
  responses: {
    200: answers(EventsBody, 'Every event was taken in, was known already, or is kept aside.'),
    400: problemResponse('An event cannot be accepted, so none was taken in; `errors` names every reason.'),
  },
});

const EventKeyCursor = z.strictObject({ source: Source, id: z.string().regex(/^[\x20-\x7e]{1,200}$/) });

const EventsQuery = pageQuery(EventKeyCursor).extend({
  partner: Code.meta({ description: 'Only events of this partner', examples: ['paula'] }).optional(),
  program: Code.meta({ description: 'Only events of this program', examples: ['resale'] }).optional(),
  source: Source.meta({ description: 'Only events of this source', examples: ['shop'] }).optional(),
  id: Line(200)
    .meta({ description: 'Only events with this id in their source', examples: ['order-1001'] })
    .optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/events',
  tags: ['events'],
  summary: 'List the events',
  request: { query: EventsQuery },
  responses: { 200: answers(pageOf(EventBody), 'The events, in the order of their sources and ids.') },
});

const quarantine = createRoute({
  method: 'get',
  path: '/v1/quarantine',
  operationId: 'listQuarantinedEvents',
  tags: ['events'],
  summary: 'List the events that are kept aside',
  request: { query: pageQuery(RowNumber) },
  responses: {
    200: answers(
      pageOf(QuarantineBody),
      'Events that came under a known source and id with other content, the oldest first. They count for nothing.',
    ),
  },
});

const eventBody = ({ minor, currency, occurredAt, bookedAt, ...event }: StoredEvent) => ({
  ...event,
  currency,
  amount: minor === null || currency === null ? null : formatDecimal(money(minor, currency)),
  occurredAt: occurredAt.toISOString(),
  bookedAt: bookedAt.toISOString(),
});

const quarantineBody = ({ source, id, payload, receivedAt }: QuarantinedEvent) => ({
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
      return c.json(await readPage(limit, read, { key: ({ source, id }) => ({ source, id }), item: eventBody }), 200);
    })
    .openapi(quarantine, async (c) => {
      const { cursor = 0n, limit } = c.req.valid('query');
      const read = (count: number) => listQuarantine(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ number }) => number, item: quarantineBody }), 200);
    });
