import { createRoute, z } from '@hono/zod-openapi';

import { decideParked, dismissAllParked } from '../../../commands/earnings/parked.ts';
import { listParked, PARKED_STATUSES, type ParkedEvent } from '../../../db/earnings/parked.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { Code } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';

const ParkedBody = z
  .object({
    number: fields.text('The number of the parked event, by which it is decided', '17'),
    status: fields.oneOf(
      [...PARKED_STATUSES, 'claimed'],
      '`parked`: it waits for its partner; `dismissed`: it counts for nothing until it is sent again or restored; `claimed`: it was taken in',
      'parked',
    ),
    program: fields.code('The code of the program that pays for it', 'resale'),
    partner: fields.code('The partner whom it waits for', 'paula'),
    isKnown: z.boolean().meta({
      description: 'Whether the partner is known now. The event then waits for an agreement on its day',
    }),
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    payload: fields.facts('The event as it was sent', {
      source: 'shop',
      id: 'order-1001',
      kind: 'sale',
      amount: '99.00',
    }),
    parkedAt: fields.at('When Bursar received the event'),
    reason: fields.text('Why it was dismissed; null if it was not', 'A test of the shop').nullable(),
    decidedBy: fields.code('The person who dismissed it; null if nobody did', 'olga').nullable(),
    decidedAt: fields.at('When it was dismissed; null if it was not').nullable(),
  })
  .openapi('ParkedEvent');

const list = createRoute({
  method: 'get',
  path: '/v1/events/parked',
  operationId: 'listParkedEvents',
  tags: ['events'],
  summary: 'List the events whose partner is not known yet',
  request: {
    query: pageQuery(RowNumber).extend({
      status: fields
        .oneOf(PARKED_STATUSES, 'Lists the events with this status; by default those that wait', 'dismissed')
        .optional(),
    }),
  },
  responses: {
    200: answers(
      pageOf(ParkedBody),
      'The events that wait for their partners, the oldest first. They are taken in within a minute after the partner is added with an agreement on their day.',
    ),
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/events/parked/{id}/decision',
  operationId: 'decideParkedEvent',
  tags: ['events'],
  summary: 'Dismiss a parked event, or restore a dismissed one',
  request: {
    params: z.object({ id: RowNumber }),
    body: jsonBody(
      z
        .strictObject({
          decision: fields.oneOf(
            ['dismiss', 'restore'],
            '`dismiss`: the event counts for nothing, and runs no longer name it; `restore`: a dismissed event waits for its partner again',
            'dismiss',
          ),
          reason: Reason,
        })
        .openapi('ParkedEventDecision'),
    ),
  },
  responses: {
    200: answers(ParkedBody, 'The decision was recorded. A dismissed event comes back when it is sent again, too.'),
    409: problemResponse('The event does not wait, or was not dismissed. Nothing was recorded.'),
  },
});

const dismissAll = createRoute({
  method: 'post',
  path: '/v1/events/parked/dismiss',
  operationId: 'dismissParkedEvents',
  tags: ['events'],
  summary: 'Dismiss all parked events of a partner who is not known',
  request: {
    body: jsonBody(
      z
        .strictObject({
          program: Code.meta({ description: 'The program whose events are dismissed', examples: ['resale'] }),
          partner: Code.meta({ description: 'The code that the events wait for', examples: ['pualla'] }),
          reason: Reason,
        })
        .openapi('ParkedEventsDismissal'),
    ),
  },
  responses: {
    200: answers(
      z.object({ events: fields.count('How many events were dismissed', 12) }).openapi('ParkedEventsDismissed'),
      'The events that waited for this code were dismissed, and 0 if none waited. Each comes back when it is sent again or restored.',
    ),
    404: problemResponse('There is no such program. Nothing was changed.'),
  },
});

const parkedBody = ({ number, parkedAt, decidedAt, ...event }: ParkedEvent) => ({
  ...event,
  number: String(number),
  parkedAt: parkedAt.toISOString(),
  decidedAt: decidedAt?.toISOString() ?? null,
});

export const parkedRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = 0n, limit, status = 'parked' } = c.req.valid('query');
      const read = (count: number) => listParked(db, status, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ number }) => number, item: parkedBody }), 200);
    })
    .openapi(dismissAll, async (c) => {
      const dismissal = c.req.valid('json');
      const { code: program } = await getProgram(db, dismissal.program);
      return c.json({ events: await dismissAllParked(db, { ...dismissal, program }, c.get('caller').actorId) }, 200);
    })
    .openapi(decide, async (c) => {
      const decision = { ...c.req.valid('json'), number: c.req.valid('param').id };
      return c.json(parkedBody(await decideParked(db, { ...decision, actorId: c.get('caller').actorId })), 200);
    });
