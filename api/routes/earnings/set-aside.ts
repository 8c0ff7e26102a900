import { createRoute, z } from '@hono/zod-openapi';

import { retrySetAside } from '../../../commands/earnings/set-aside.ts';
import { listSetAside, type SetAsideEvent } from '../../../db/earnings/set-aside.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { printMainAmount } from '../../../domain/exact-amount.ts';
import { Code, Currency, Source } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';

/** An event that cannot be worked out, as a list and the outcome of a run show it. */
export const setAsideFields = {
  source: fields.text('The system that the event came from', 'shop'),
  id: fields.text('The id of the event in its source', 'order-1001'),
  kind: fields.text('The kind of the event', 'sale'),
  amount: fields.amount('The main amount of the event; null if it has none', '59.80').nullable(),
  reason: fields.text('Why it cannot be worked out', 'value "9500000000000000000" is out of range for type bigint'),
  since: fields.at('When it was set aside'),
};

export const setAsideBody = ({ source, id, kind, reason, since, ...event }: SetAsideEvent) => ({
  source,
  id,
  kind,
  amount: printMainAmount(event),
  reason,
  since: since.toISOString(),
});

const SetAsideBody = z
  .object({
    program: fields.code('The code of the program that pays for it', 'resale'),
    partner: fields.code('The partner for whom it cannot be worked out', 'paula'),
    revision: fields.count('The revision of the event', 1),
    currency: fields.orNull(Currency, 'The currency of the event; null if it has none'),
    ...setAsideFields,
  })
  .openapi('SetAsideEvent');

const list = createRoute({
  method: 'get',
  path: '/v1/events/set-aside',
  operationId: 'listSetAsideEvents',
  tags: ['events'],
  summary: 'List the events that cannot be worked out',
  request: {
    query: pageQuery(z.strictObject({ eventId: RowNumber, partnerId: RowNumber, childId: RowNumber.nullable() })),
  },
  responses: {
    200: answers(
      pageOf(SetAsideBody),
      'The events that are set aside, the oldest first. They earn nothing, and all other events go on. Remove the cause and try them again.',
    ),
  },
});

const retry = createRoute({
  method: 'post',
  path: '/v1/events/set-aside/retry',
  operationId: 'retrySetAsideEvents',
  tags: ['events'],
  summary: 'Try events again that could not be worked out',
  request: {
    body: jsonBody(
      z
        .strictObject({
          program: Code.meta({ description: 'The program whose events are tried again', examples: ['resale'] }),
          partner: Code.meta({ description: 'Only the events of this partner', examples: ['paula'] }).optional(),
          source: Source.meta({ description: 'Only the events of this source', examples: ['shop'] }).optional(),
          id: z
            .string()
            .min(1)
            .max(200)
            .meta({ description: 'Only events with this id', examples: ['order-1001'] })
            .optional(),
        })
        .openapi('SetAsideRetry'),
    ),
  },
  responses: {
    200: answers(
      z.object({ events: fields.count('How many events are tried again', 1) }).openapi('SetAsideRetried'),
      'These events are due again. One that still cannot be worked out is set aside again.',
    ),
    404: problemResponse('There is no such program or partner. Nothing was changed.'),
  },
});

export const setAsideRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = { eventId: 0n, partnerId: 0n, childId: null }, limit } = c.req.valid('query');
      const read = (count: number) => listSetAside(db, cursor, count);
      const key = ({ eventId, partnerId, childId }: SetAsideEvent) => ({ eventId, partnerId, childId });
      const item = (event: SetAsideEvent) => ({
        program: event.program,
        partner: event.partner,
        revision: event.revision,
        currency: event.currency,
        ...setAsideBody(event),
      });
      return c.json(await readPage(limit, read, { key, item }), 200);
    })
    .openapi(retry, async (c) => {
      const filter = c.req.valid('json');
      await getProgram(db, filter.program);
      const partner = filter.partner === undefined ? undefined : (await getPartner(db, filter.partner)).code;
      const { events, shards } = await retrySetAside(db, { ...filter, partner }, c.get('caller').actorId);
      await wakeAccruals({ temporal, log }, shards);
      return c.json({ events }, 200);
    });
