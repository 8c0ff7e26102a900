import { createRoute, z } from '@hono/zod-openapi';

import { decideQuarantined } from '../../../commands/earnings/quarantine.ts';
import { listQuarantine, QUARANTINE_STATUSES, type QuarantinedEvent } from '../../../db/earnings/quarantine.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';

const QuarantineBody = z
  .object({
    number: fields.text('The number of the quarantined event, by which it is decided', '17'),
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    status: fields.oneOf(
      QUARANTINE_STATUSES,
      '`open`: it waits for a person; `accepted`: it became a revision of its event; `dismissed`: it counts for nothing',
      'open',
    ),
    receivedAt: fields.at('When Bursar received the event'),
    payload: fields.facts('The event as it was sent', {
      source: 'shop',
      id: 'order-1001',
      kind: 'sale',
      amount: '99.00',
    }),
    revision: fields.count('The revision that an accepted event became; otherwise null', 2).nullable(),
    reason: fields.text('The reason of the decision; null until then', 'The customer added an item').nullable(),
    decidedBy: fields.code('The person who decided it; null until then', 'olga').nullable(),
    decidedAt: fields.at('When it was decided; null until then').nullable(),
  })
  .openapi('QuarantinedEvent');

const list = createRoute({
  method: 'get',
  path: '/v1/quarantine',
  operationId: 'listQuarantinedEvents',
  tags: ['events'],
  summary: 'List the quarantined events',
  request: {
    query: pageQuery(RowNumber).extend({
      status: fields.oneOf(QUARANTINE_STATUSES, 'Lists only events with this status', 'open').optional(),
    }),
  },
  responses: {
    200: answers(
      pageOf(QuarantineBody),
      'The events that arrived under a known source, id and revision with other content, the oldest first. They count for nothing unless a person accepts them.',
    ),
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/quarantine/{id}/decision',
  operationId: 'decideQuarantinedEvent',
  tags: ['events'],
  summary: 'Accept or dismiss a quarantined event',
  request: {
    params: z.object({ id: RowNumber }),
    body: jsonBody(
      z
        .strictObject({
          decision: fields.oneOf(
            ['accept', 'dismiss'],
            '`accept`: the event becomes the next revision, and corrects what was taken in before; `dismiss`: it counts for nothing',
            'accept',
          ),
          reason: Reason,
        })
        .openapi('QuarantineDecision'),
    ),
  },
  responses: {
    200: answers(QuarantineBody, 'The decision was recorded. An accepted event is taken in.'),
    400: problemResponse('The event cannot be taken in now. `errors` names every reason. Nothing was recorded.'),
    409: problemResponse(
      'The event is decided already, or another revision arrived at the same moment. Nothing was recorded.',
    ),
  },
});

const quarantineBody = ({ number, receivedAt, decidedAt, sentBy: _sentBy, ...event }: QuarantinedEvent) => ({
  ...event,
  number: String(number),
  receivedAt: receivedAt.toISOString(),
  decidedAt: decidedAt?.toISOString() ?? null,
});

export const quarantineRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = 0n, limit, status = null } = c.req.valid('query');
      const read = (count: number) => listQuarantine(db, status, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ number }) => number, item: quarantineBody }), 200);
    })
    .openapi(decide, async (c) => {
      const decision = { ...c.req.valid('json'), number: c.req.valid('param').id, nowMs: Date.now() };
      const { event, shards } = await decideQuarantined(db, { ...decision, actorId: c.get('caller').actorId });
      await wakeAccruals({ temporal, log }, shards);
      return c.json(quarantineBody(event), 200);
    });
