import { createRoute, z } from '@hono/zod-openapi';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { boundWarnings, type EventWarning, WARNINGS_MAX, type Warnings } from '../../../commands/earnings/warnings.ts';
import { listEvents, type StoredEvent } from '../../../db/earnings/events.ts';
import { Code, Currency, Line, Source } from '../../../domain/fields.ts';
import { formatWeight, WireEvent } from '../../../domain/event.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';

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

const EventWarningBody = z
  .object({
    code: fields.oneOf(
      ['refund_waits', 'earns_nothing'],
      '`refund_waits`: its sale is not known yet, and the refund waits for it; `earns_nothing`: no incentive of the plan in force earns on it',
      'refund_waits',
    ),
    line: fields
      .count('The line of the file on which the row ends; null if the event was not in a file', 17)
      .nullable(),
    source: fields.text('The source of the event', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001-refund'),
    detail: fields.text(
      'A sentence for a person',
      'The refund takes nothing back yet: its sale order-1001 is not known. It waits until you send that sale.',
    ),
  })
  .openapi('EventWarning');

export const warningFields = {
  warnings: z
    .array(EventWarningBody)
    .max(WARNINGS_MAX)
    .meta({
      description: `Events that are stored and pay nobody for now, the first ${WARNINGS_MAX} of them`,
    }),
  warningCount: fields.count('The number of all warnings', 1),
};

export const warningsBody = ({ first, count }: Warnings<EventWarning & { line?: number }>) => ({
  warnings: first.map(({ code, line = null, source, id, detail }) => ({ code, line, source, id, detail })),
  warningCount: count,
});

const EventsBody = z
  .object({
    results: z
      .array(
        z.object({
          source: fields.text('The source of the event', 'shop'),
          id: fields.text('The id of the event in its source', 'order-1001'),
          status: fields.oneOf(
            ['accepted', 'replayed', 'superseded', 'quarantined', 'parked', 'refused'],
            '`accepted`: the event or its correction is new; `replayed`: it was already known; `superseded`: a higher revision is known, so this one changes nothing; `quarantined`: this revision is known with other content; the event counts for nothing unless a person accepts it; `parked`: its partner is not known, and it is taken in once the partner is added',
            'accepted',
          ),
        }),
      )
      .meta({ description: 'The result for each event, in the order in which you sent them' }),
    ...warningFields,
  })
  .openapi('EventResults');

const EventBody = z
  .object({
    source: fields.text('The system that the event came from', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    partner: fields.code('The code of the partner who did this', 'paula'),
    program: fields.code('The code of the program that pays for it', 'resale'),
    kind: fields.text('The kind of event', 'sale'),
    currency: fields.orNull(Currency, 'The currency of the amount; null if the event has no amount'),
    amount: fields.amount('The main amount; null if the event has none').nullable(),
    amounts: z
      .record(z.string(), fields.amount('An amount', '12.50'))
      .meta({ description: 'The other amounts by name', examples: [{ freight: '12.50' }] }),
    quantity: fields.count('The number of units; null if the event names none', 3).nullable(),
    attributes: z
      .record(z.string(), fields.text('A fact about the event', 'router-x'))
      .meta({ description: 'The facts about the event by name', examples: [{ product: 'router-x' }] }),
    shares: z
      .array(
        z.object({
          partner: fields.code('The code of a partner who shares the event', 'paula'),
          weight: fields.text('The weight of the share, a decimal string', '75'),
        }),
      )
      .meta({ description: 'The partners who share the event, in their order; empty where one partner did it alone' }),
    revision: fields.count('The number of the revision; a higher one than 1 corrected the event', 1),
    refundOf: fields
      .text('The id of the event that this one takes back; null unless this is a refund', 'order-1001')
      .nullable(),
    occurredAt: fields.at('When the event happened'),
    bookedAt: fields.at('When Bursar took the event in'),
    accrued: z.boolean().meta({ description: 'Whether Bursar has calculated what the event earned' }),
  })
  .openapi('Event');

const add = createRoute({
  method: 'post',
  path: '/v1/events',
  operationId: 'sendEvents',
  tags: ['events'],
  summary: 'Send events',
  request: { body: jsonBody(NewEventsBody) },
  responses: {
    200: answers(EventsBody, 'Every event was taken in, was already known, or is quarantined.'),
    400: problemResponse('An event cannot be accepted, so none was taken in. `errors` names every reason.'),
  },
});

const EventKeyCursor = z.strictObject({ source: Source, id: z.string().regex(/^[\x20-\x7e]{1,200}$/) });

const EventsQuery = pageQuery(EventKeyCursor).extend({
  partner: Code.meta({
    description: 'Lists only events in which this partner has a part',
    examples: ['paula'],
  }).optional(),
  program: Code.meta({ description: 'Lists only events of this program', examples: ['resale'] }).optional(),
  source: Source.meta({ description: 'Lists only events of this source', examples: ['shop'] }).optional(),
  id: Line(200)
    .meta({ description: 'Lists only events with this id in their source', examples: ['order-1001'] })
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

const eventBody = ({ minor, currency, amounts, shares, occurredAt, bookedAt, ...event }: StoredEvent) => ({
  ...event,
  currency,
  amount: minor === null || currency === null ? null : formatDecimal(money(minor, currency)),
  amounts: Object.fromEntries(
    Object.entries(amounts).map(([name, other]) => [
      name,
      currency === null ? '0' : formatDecimal(money(other, currency)),
    ]),
  ),
  shares: shares.map(({ partner, weight }) => ({ partner, weight: formatWeight(weight) })),
  occurredAt: occurredAt.toISOString(),
  bookedAt: bookedAt.toISOString(),
});

export const eventRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(add, async (c) => {
      const { events } = c.req.valid('json');
      const incoming = events.map((wire, unit) => ({ wire, unit }));
      const { outcomes, shards, warnings } = await intakeEvents(db, incoming, {
        nowMs: Date.now(),
        strict: true,
        by: c.get('caller').actorId,
      });
      await wakeAccruals({ temporal, log }, shards);
      const results = outcomes.map(({ status }, index) => {
        const { source = '', id = '' } = events[index] ?? {};
        return { source, id, status };
      });
      return c.json({ results, ...warningsBody(boundWarnings(warnings)) }, 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const read = (count: number) => listEvents(db, filter, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ source, id }) => ({ source, id }), item: eventBody }), 200);
    });
