import { createRoute, z } from '@hono/zod-openapi';

import { decideReRating, proposeReRating } from '../../../commands/earnings/re-ratings.ts';
import type { Database } from '../../../db/database.ts';
import {
  getReRating,
  type ItemKey,
  listReRatingItems,
  listReRatings,
  type ReRating,
  type ReRatingItem,
  sumReRating,
} from '../../../db/earnings/re-ratings.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { RE_RATING_ITEM_STATUSES, RE_RATING_STATUSES } from '../../../domain/earnings/re-rating.ts';
import { Code, LocalDay } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  jsonBody,
  pageOf,
  pageQuery,
  Reason,
  RowNumber,
  Uuid,
  UuidPath,
} from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { wakeReRating } from '../../../temporal/starts.ts';

const amounts = {
  before: fields.amount('The amount that these events earned until now', '120.00'),
  after: fields.amount('The amount that they earn by the terms as they stand now', '150.00'),
  difference: fields.amount('The amount that is added; below zero if it is taken', '30.00'),
};
const unit = fields.text('The currency, or the code of points', 'USD');

const ReRatingBody = z
  .object({
    id: fields.id('The id of the re-rating'),
    program: fields.code('The program whose events are worked out again', 'resale'),
    partner: fields.code('The only partner whom it is about; null for all', 'paula').nullable(),
    from: fields.day('The first day of the events'),
    until: fields.day('The day after the last day; null if they have no end').nullable(),
    reason: fields.text('The reason, which partners read too', 'The rate of March was wrong'),
    status: fields.oneOf(
      RE_RATING_STATUSES,
      '`preparing`: the preview is worked out; `refused`: some events cannot be worked out again yet, so nothing changes, and `note` names them; `proposed`: it waits for another person; `confirmed`: it is being booked; `declined`: nothing counts; `done`: it is booked',
      'proposed',
    ),
    proposedBy: fields.code('The person who proposed it', 'olga'),
    proposedAt: fields.at('When it was proposed'),
    decidedBy: fields.code('The person who decided it; null until then', 'anna').nullable(),
    decidedAt: fields.at('When it was decided; null until then').nullable(),
    note: fields
      .text('The note of the person who decided, or why it was refused; null if there is none', 'I checked March.')
      .nullable(),
    doneAt: fields.at('When everything was booked; null until then').nullable(),
    totals: z
      .array(
        z.object({
          currency: unit,
          partners: fields.count('The number of partners whose events change', 12),
          overtaken: fields.count('The number of them whose events changed since, and for whom nothing was booked', 0),
          ...amounts,
        }),
      )
      .meta({ description: 'The sums by currency. They are complete unless the status is `preparing` or `refused`' }),
  })
  .openapi('ReRating');

const ItemBody = z
  .object({
    partner: fields.code("The partner's code", 'paula'),
    currency: unit,
    events: fields.count('The number of events of these days that earned or earn in this currency', 40),
    ...amounts,
    status: fields.oneOf(
      RE_RATING_ITEM_STATUSES,
      '`proposed`: not booked yet; `booked`: exactly the difference is booked; `overtaken`: the events changed since the preview, and nothing was booked for this partner',
      'proposed',
    ),
  })
  .openapi('ReRatingItem');

const propose = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/re-ratings',
  operationId: 'proposeReRating',
  tags: ['corrections'],
  summary: 'Propose to work out the events of some days again',
  request: {
    params: CodePath,
    body: jsonBody(
      z
        .strictObject({
          from: LocalDay.meta({
            description: 'The first day, local to the schedule of the program',
            examples: ['2026-03-01'],
          }),
          until: LocalDay.meta({ description: 'The day after the last day', examples: ['2026-04-01'] }).optional(),
          partner: Code.meta({ description: 'Only the events of this partner', examples: ['paula'] }).optional(),
          reason: Reason,
        })
        .openapi('NewReRating'),
    ),
  },
  responses: {
    201: answers(
      ReRatingBody,
      'The proposal was recorded, and its preview is being worked out. Nothing counts until another person confirms it.',
    ),
    409: problemResponse('Another re-rating of the program is open. Nothing was recorded.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/re-ratings',
  operationId: 'listReRatings',
  tags: ['corrections'],
  summary: 'List the re-ratings of a program',
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(ReRatingBody), 'The re-ratings, the newest first.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/re-ratings/{id}',
  operationId: 'getReRating',
  tags: ['corrections'],
  summary: 'Get a re-rating',
  request: { params: UuidPath },
  responses: { 200: answers(ReRatingBody, 'The re-rating with its sums.') },
});

const listItems = createRoute({
  method: 'get',
  path: '/v1/re-ratings/{id}/items',
  operationId: 'listReRatingItems',
  tags: ['corrections'],
  summary: 'List what a re-rating changes for each partner',
  request: {
    params: UuidPath,
    query: pageQuery(z.strictObject({ partnerId: RowNumber, currency: z.string().regex(/^[A-Za-z0-9._:-]{1,80}$/) })),
  },
  responses: { 200: answers(pageOf(ItemBody), 'The partners whose events change, with the amounts in each currency.') },
});

const download = createRoute({
  method: 'get',
  path: '/v1/re-ratings/{id}/csv',
  operationId: 'downloadReRating',
  tags: ['corrections'],
  summary: 'Download what a re-rating changes for each partner',
  request: { params: UuidPath },
  responses: {
    200: {
      description: 'The partners whose events change as CSV, with the amounts in each currency.',
      content: { 'text/csv': { schema: z.string() } },
    },
  },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/re-ratings/{id}/decision',
  operationId: 'decideReRating',
  tags: ['corrections'],
  summary: 'Confirm or decline a re-rating',
  request: {
    params: UuidPath,
    body: jsonBody(
      z
        .strictObject({
          decision: fields.oneOf(['confirm', 'decline'], 'Your decision about the proposal', 'confirm'),
          note: Reason.meta({
            description: 'A note for the people who read the decision later',
            examples: ['I checked March.'],
          }).optional(),
        })
        .openapi('ReRatingDecision'),
    ),
  },
  responses: {
    200: answers(
      ReRatingBody,
      'The decision was recorded. A confirmed re-rating is booked, for each partner exactly as previewed or not at all.',
    ),
    403: problemResponse(
      'You proposed it, wrote its terms or recorded its agreements, a person who gave you your role proposed it, or you are paid through a partner whom it is about. Nothing was recorded.',
    ),
    409: problemResponse('The preview is not ready yet, or the re-rating is decided already. Nothing was recorded.'),
  },
});

const amountsOf = ({ before, after, currency }: Pick<ReRatingItem, 'before' | 'after' | 'currency'>) => ({
  before: formatDecimal(money(before, currency)),
  after: formatDecimal(money(after, currency)),
  difference: formatDecimal(money(after - before, currency)),
});

async function bodyOf(
  db: Database,
  { programId: _p, partnerId: _q, proposedById: _r, preparedTo: _s, ...reRating }: ReRating,
) {
  const totals = await sumReRating(db, reRating.id);
  return {
    ...reRating,
    proposedAt: reRating.proposedAt.toISOString(),
    decidedAt: reRating.decidedAt?.toISOString() ?? null,
    doneAt: reRating.doneAt?.toISOString() ?? null,
    totals: totals.map(({ currency, partners, overtaken, ...sums }) => ({
      currency,
      partners,
      overtaken,
      ...amountsOf({ currency, ...sums }),
    })),
  };
}

const itemBody = ({ partnerId: _id, partner, currency, events, status, ...sums }: ReRatingItem) => ({
  partner,
  currency,
  events,
  ...amountsOf({ currency, ...sums }),
  status,
});

const ROWS_AT_ONCE = 1000;
const COLUMNS = ['partner', 'currency', 'events', 'before', 'after', 'difference', 'status'] as const;

/** Codes and amounts need no quotes. */
export async function reRatingCsv(db: Database, id: string): Promise<string> {
  const rows: string[] = [COLUMNS.join(',')];
  let after: ItemKey = { partnerId: 0n, currency: '' };
  for (;;) {
    const items = await listReRatingItems(db, id, after, ROWS_AT_ONCE);
    for (const item of items) {
      const body = itemBody(item);
      rows.push(COLUMNS.map((column) => String(body[column])).join(','));
    }
    const last = items.at(-1);
    if (!last || items.length < ROWS_AT_ONCE) return `${rows.join('\r\n')}\r\n`;
    after = last;
  }
}

/** Terms never work backwards by being saved. A person asks for it here, and another one confirms what that changes. */
export const reRatingRoutes = ({ db, temporal, log }: ApiDeps) => {
  const wake = ({ id, program }: ReRating) =>
    wakeQuietly({ temporal, log }, { reRating: id }, () => wakeReRating(temporal, { id, program }));
  return createRouter()
    .openapi(propose, async (c) => {
      const { partner = null, until = null, ...wish } = c.req.valid('json');
      const program = c.req.valid('param').code;
      const reRating = await proposeReRating(db, { ...wish, partner, until, program }, c.get('caller').actorId);
      await wake(reRating);
      return c.json(await bodyOf(db, reRating), 201);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { code } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listReRatings(db, code, cursor, count);
      const { items, nextCursor } = await readPage(limit, read, { key: ({ id }) => id, item: (one) => one });
      return c.json({ items: await Promise.all(items.map((one) => bodyOf(db, one))), nextCursor }, 200);
    })
    .openapi(get, async (c) => c.json(await bodyOf(db, await getReRating(db, c.req.valid('param').id)), 200))
    .openapi(listItems, async (c) => {
      const { cursor = { partnerId: 0n, currency: '' }, limit } = c.req.valid('query');
      const { id } = await getReRating(db, c.req.valid('param').id);
      const read = (count: number) => listReRatingItems(db, id, cursor, count);
      const key = ({ partnerId, currency }: ItemKey) => ({ partnerId, currency });
      return c.json(await readPage(limit, read, { key, item: itemBody }), 200);
    })
    .openapi(download, async (c) => {
      const { id } = await getReRating(db, c.req.valid('param').id);
      return c.body(await reRatingCsv(db, id), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="re-rating-${id}.csv"`,
      });
    })
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { id } = c.req.valid('param');
      const reRating = await decideReRating(db, { id, actorId: c.get('caller').actorId, decision, note });
      await wake(reRating);
      return c.json(await bodyOf(db, reRating), 200);
    });
};
