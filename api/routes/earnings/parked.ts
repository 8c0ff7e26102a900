import { createRoute, z } from '@hono/zod-openapi';

import { listParked, type ParkedEvent } from '../../../db/earnings/parked.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const ParkedBody = z
  .object({
    number: fields.text('The number of the parked event', '17'),
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
  })
  .openapi('ParkedEvent');

const list = createRoute({
  method: 'get',
  path: '/v1/events/parked',
  operationId: 'listParkedEvents',
  tags: ['events'],
  summary: 'List the events whose partner is not known yet',
  request: { query: pageQuery(RowNumber) },
  responses: {
    200: answers(
      pageOf(ParkedBody),
      'The events that wait for their partners, the oldest first. They are taken in within a minute after the partner is added with an agreement on their day.',
    ),
  },
});

const parkedBody = ({ number, parkedAt, ...event }: ParkedEvent) => ({
  ...event,
  number: String(number),
  parkedAt: parkedAt.toISOString(),
});

export const parkedRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = 0n, limit } = c.req.valid('query');
    const read = (count: number) => listParked(db, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ number }) => number, item: parkedBody }), 200);
  });
