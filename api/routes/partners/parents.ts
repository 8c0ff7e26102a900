import { createRoute, z } from '@hono/zod-openapi';

import { recordParent } from '../../../commands/partners/parents.ts';
import {
  listParentsOf,
  listRecordedParents,
  type PartnerParent,
  type RecordedParent,
} from '../../../db/partners/parents.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, LocalDate, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';

const NewParentBody = z
  .strictObject({
    parent: Code.nullable().meta({
      description: 'The code of the partner above, such as the distributor; null if nobody is above on these days',
      examples: ['dora'],
    }),
    from: LocalDate.meta({ description: 'The first local day', examples: ['2026-01-01'] }),
    until: LocalDate.meta({
      description: 'The first local day on which this no longer holds; without it, there is no end',
      examples: ['2027-01-01'],
    }).optional(),
    reason: Reason,
  })
  .refine(({ from, until }) => until === undefined || until > from, { path: ['until'], message: 'is not after from' })
  .openapi('NewParent');

const ParentBody = z
  .object({
    parent: fields.code('The code of the partner above', 'dora'),
    from: fields.day('The first local day', '2026-01-01'),
    until: fields.day('The first local day after those; null if there is no end', '2027-01-01').nullable(),
  })
  .openapi('PartnerParent');

const RecordedParentFields = z.object({
  id: fields.rowNumber('The number of the record', '1042'),
  parent: fields.code('The code of the partner above; null if nobody is', 'dora').nullable(),
  from: fields.day('The first local day that the record is about', '2026-01-01'),
  until: fields.day('The first local day after those; null if there is no end', '2027-01-01').nullable(),
  reason: fields.text('The reason that was given', 'Contract with the distributor'),
  recordedBy: fields.code('The person who recorded it', 'olga').nullable(),
  recordedAt: fields.at('When it was recorded'),
});
const RecordedParentBody = RecordedParentFields.openapi('RecordedParent');

const NewlyRecordedParentBody = RecordedParentFields.extend({
  eventsWorkedOut: fields.count(
    'How many sales and other events of these days, of the partner and those below, had their earnings worked out before. They stay as they are',
    0,
  ),
}).openapi('NewlyRecordedParent');

const put = createRoute({
  method: 'put',
  path: '/v1/partners/{code}/parent',
  tags: ['partners'],
  summary: 'Record who is above a partner',
  description:
    'The partner above earns by incentives with `payTo` `parent`. A record supersedes the earlier ones about its days. Nothing is changed or deleted. It is refused if a partner would be above themselves on any day.',
  request: { params: CodePath, body: jsonBody(NewParentBody) },
  responses: { 200: answers(NewlyRecordedParentBody, 'The parent was recorded.') },
});

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/parent',
  tags: ['partners'],
  summary: 'List who is above a partner',
  request: { params: CodePath, query: pageQuery(LocalDate) },
  responses: { 200: answers(pageOf(ParentBody), 'The partners above, each with the days, oldest first.') },
});

const history = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/parent/history',
  tags: ['partners'],
  summary: 'Read how the partners above a partner came about',
  description: 'Each record supersedes the earlier ones about its days.',
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(RecordedParentBody), 'Everything that was recorded, oldest first.') },
});

const parentBody = ({ parent, from, until }: PartnerParent) => ({ parent, from, until });
const recordedBody = ({ id, recordedAt, ...record }: RecordedParent) => ({
  ...record,
  id: String(id),
  recordedAt: recordedAt.toISOString(),
});

export const parentRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(put, async (c) => {
      const { until = null, ...wish } = c.req.valid('json');
      const partner = c.req.valid('param').code;
      const recorded = await recordParent(db, { ...wish, until, partner }, c.get('caller').actorId);
      return c.json({ ...recordedBody(recorded), eventsWorkedOut: recorded.eventsWorkedOut }, 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getPartner(db, c.req.valid('param').code);
      const read = (count: number) => listParentsOf(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ from }) => from, item: parentBody }), 200);
    })
    .openapi(history, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getPartner(db, c.req.valid('param').code);
      const read = (count: number) => listRecordedParents(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id: row }) => String(row), item: recordedBody }), 200);
    });
