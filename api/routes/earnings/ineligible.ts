import { createRoute, z } from '@hono/zod-openapi';

import { decideIneligible } from '../../../commands/earnings/admissions.ts';
import { ADMISSION_DECISIONS, type IneligibleEvent, listIneligible } from '../../../db/earnings/admissions.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { printMainAmount } from '../../../domain/exact-amount.ts';
import { Code, Currency, Source } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';

const EventBody = z
  .object({
    partner: fields.code('The partner who was not eligible on the day of the event', 'paula'),
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    revision: fields.count('The revision of the event', 1),
    kind: fields.text('The kind of the event', 'sale'),
    currency: fields.orNull(Currency, 'The currency of the event; null if it has none'),
    amount: fields.amount('The main amount of the event; null if it has none', '59.80').nullable(),
    reason: fields.text('Why the partner is not eligible', 'needs certification net-1 on 2026-03-01'),
    since: fields.at('Since when it waits'),
  })
  .openapi('IneligibleEvent');

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/ineligible-events',
  operationId: 'listIneligibleEvents',
  tags: ['events'],
  summary: 'List the events of partners who were not eligible',
  request: { params: CodePath, query: pageQuery(z.strictObject({ eventId: RowNumber, partnerId: RowNumber })) },
  responses: {
    200: answers(
      pageOf(EventBody),
      'The events, in the order in which they came. They earn nothing until somebody decides about them, or what is missing is recorded.',
    ),
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/ineligible-events/decision',
  operationId: 'decideIneligibleEvent',
  tags: ['events'],
  summary: 'Admit or dismiss an event whose partner was not eligible',
  request: {
    params: CodePath,
    body: jsonBody(
      z
        .strictObject({
          partner: Code.meta({ description: 'The partner', examples: ['paula'] }),
          source: Source.meta({ description: 'The source of the event', examples: ['shop'] }),
          id: z
            .string()
            .min(1)
            .max(200)
            .meta({ description: 'The id of the event', examples: ['order-1001'] }),
          decision: fields.oneOf(
            ADMISSION_DECISIONS,
            '`admit`: it earns as if the partner had been eligible; `dismiss`: it earns the partner nothing',
            'admit',
          ),
          reason: Reason.meta({
            description: 'The reason. The explanation of a dismissed event shows it to the partner',
            examples: ['The exam was passed that week'],
          }),
        })
        .openapi('IneligibleEventDecision'),
    ),
  },
  responses: {
    200: answers(
      z
        .object({ events: fields.count('How many revisions of the event are decided', 1) })
        .openapi('IneligibleEventDecided'),
      'The decision was recorded, and the event is worked out.',
    ),
    404: problemResponse('There is no such program or partner, or no such event waits. Nothing was recorded.'),
  },
});

const eventBody = ({
  eventId: _e,
  partnerId: _p,
  program: _program,
  minor,
  exact,
  currency,
  since,
  ...event
}: IneligibleEvent) => ({
  ...event,
  currency,
  amount: printMainAmount({ minor, exact, currency }),
  since: since.toISOString(),
});

export const ineligibleRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = { eventId: 0n, partnerId: 0n }, limit } = c.req.valid('query');
      const { id } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listIneligible(db, id, cursor, count);
      const key = ({ eventId, partnerId }: IneligibleEvent) => ({ eventId, partnerId });
      return c.json(await readPage(limit, read, { key, item: eventBody }), 200);
    })
    .openapi(decide, async (c) => {
      const { code: program } = await getProgram(db, c.req.valid('param').code);
      const { events, shard } = await decideIneligible(
        db,
        { program, ...c.req.valid('json') },
        c.get('caller').actorId,
      );
      await wakeAccruals({ temporal, log }, [shard]);
      return c.json({ events: events.length }, 200);
    });
