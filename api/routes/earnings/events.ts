import { createRoute, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import type { IntakeOutcome } from '../../../commands/earnings/judge.ts';
import { intakeLines } from '../../../commands/earnings/lines.ts';
import { boundWarnings } from '../../../commands/earnings/warnings.ts';
import { listEvents, type StoredEvent } from '../../../db/earnings/stored-events.ts';
import { Code, Currency, Line, Reading, READING_DIGITS, Source } from '../../../domain/fields.ts';
import { formatWeight, isCollection, WireEvent } from '../../../domain/event.ts';
import { printMainAmount } from '../../../domain/exact-amount.ts';
import { formatDecimal, formatMinor, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps, ApiEnv } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery } from '../../http/schemas.ts';
import { LINES_PATH } from '../../http/upload.ts';
import { wakeAccruals } from '../../http/wake.ts';
import { eventsIn, LINES_TYPE, LinesBody, linesBody } from './event-lines.ts';
import { warningFields, warningsBody } from './event-warnings.ts';

export const EVENTS_MAX = 1000;

const NewEventsBody = z
  .strictObject({
    events: z
      .array(WireEvent)
      .min(1)
      .max(EVENTS_MAX)
      .meta({ description: `1 to ${EVENTS_MAX} events; all are taken in, or none` }),
  })
  .openapi('NewEvents');

export const EventsBody = z
  .object({
    results: z
      .array(
        z.object({
          source: fields.text('The source of the event', 'shop'),
          id: fields.text('The id of the event in its source', 'order-1001'),
          status: fields.oneOf(
            ['accepted', 'corrected', 'replayed', 'superseded', 'quarantined', 'parked', 'refused'],
            '`accepted`: the event is new; `corrected`: it is a new revision of a known event, which it corrects; `replayed`: it was already known; `superseded`: a higher revision is known, so this one changes nothing; `quarantined`: this revision is known with other content; the event counts for nothing unless a person accepts it; `parked`: its partner is not known, and it is taken in once the partner is added',
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
    reading: Reading.nullable().meta({ description: 'A reading of a metric; null if the event has none' }),
    revision: fields.count('The number of the revision; a higher one than 1 corrected the event', 1),
    refundOf: fields
      .text('The id of the event that this one takes back; null unless this is a refund', 'order-1001')
      .nullable(),
    collects: fields
      .text('The id of the event whose payment this is about; null unless this is a payment', 'order-1001')
      .nullable(),
    occurredAt: fields.at('When the event happened'),
    bookedAt: fields.at('When Bursar took the event in'),
    accrued: z.boolean().meta({ description: 'Whether Bursar has calculated what the event earned' }),
  })
  .openapi('Event');

/** Lines are read in their own way, so their type is only for the document. */
const LINES_CONTENT: object = {
  [LINES_TYPE]: {
    schema: {
      type: 'string',
      description: 'One event as JSON on each line',
      examples: [
        '{"source":"shop","id":"order-1001","program":"resale","partner":"paula","kind":"visit","occurredAt":"2026-02-10T12:00:00Z"}',
      ],
    },
  },
};

const add = createRoute({
  method: 'post',
  path: '/v1/events',
  operationId: 'sendEvents',
  tags: ['events'],
  summary: 'Send events',
  description: `As JSON, all events are taken in, or none. As \`${LINES_TYPE}\`, each line is one event, and a line that cannot be taken in is refused alone. The body of lines may have up to 1 GiB.`,
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: NewEventsBody },
        ...LINES_CONTENT,
      },
    },
  },
  responses: {
    200: answers(
      z.union([EventsBody, LinesBody]),
      'Every event was taken in, was already known, is quarantined, or is parked. Lines are counted by their outcomes, and the first problems are listed.',
    ),
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

/** The result of an event as its sender reads it. */
export const resultOf = (outcome: IntakeOutcome) =>
  outcome.status === 'accepted' && outcome.isCorrection ? ('corrected' as const) : outcome.status;

const eventBody = ({
  minor,
  exact,
  currency,
  amounts,
  reading,
  shares,
  occurredAt,
  bookedAt,
  about,
  ...event
}: StoredEvent) => ({
  ...event,
  refundOf: isCollection(event.kind) ? null : about,
  collects: isCollection(event.kind) ? about : null,
  currency,
  amount: printMainAmount({ minor, exact, currency }),
  amounts: Object.fromEntries(
    Object.entries(amounts).map(([name, other]) => [
      name,
      currency === null ? '0' : formatDecimal(money(other, currency)),
    ]),
  ),
  reading: reading && {
    metric: reading.metric,
    value: formatMinor(reading.value, READING_DIGITS),
    ...(reading.on === null ? {} : { on: reading.on }),
  },
  shares: shares.map(({ partner, weight }) => ({ partner, weight: formatWeight(weight) })),
  occurredAt: occurredAt.toISOString(),
  bookedAt: bookedAt.toISOString(),
});

/** Answers a request whose body is lines. Any other one goes on to its route. */
const takeLines =
  ({ db, temporal, log }: ApiDeps): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const lines = c.get('lines');
    if (!lines) return next();
    const taken = await intakeLines(db, eventsIn(lines.path), {
      by: c.get('caller').actorId,
      nowMs: () => Date.now(),
      wake: (shards) => wakeAccruals({ temporal, log }, shards),
    });
    return c.json(linesBody(taken), 200);
  };

export function eventRoutes(deps: ApiDeps) {
  const { db, temporal, log } = deps;
  const router = createRouter();
  router.use(LINES_PATH, takeLines(deps));
  return router
    .openapi(add, async (c) => {
      const { events } = c.req.valid('json');
      const incoming = events.map((wire, unit) => ({ wire, unit }));
      const { outcomes, shards, warnings } = await intakeEvents(db, incoming, {
        nowMs: Date.now(),
        strict: true,
        by: c.get('caller').actorId,
      });
      await wakeAccruals({ temporal, log }, shards);
      const results = outcomes.map((outcome, index) => {
        const { source = '', id = '' } = events[index] ?? {};
        return { source, id, status: resultOf(outcome) };
      });
      return c.json({ results, ...warningsBody(boundWarnings(warnings)) }, 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const read = (count: number) => listEvents(db, filter, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ source, id }) => ({ source, id }), item: eventBody }), 200);
    });
}
