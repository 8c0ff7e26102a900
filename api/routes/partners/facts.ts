import { createRoute, z } from '@hono/zod-openapi';

import { declareFactKey, recordFact } from '../../../commands/partners/facts.ts';
import { type DeclaredFactKey, listFactKeys } from '../../../db/partners/fact-keys.ts';
import { listFactsOn, listRecordedFacts, type PartnerFact, type RecordedFact } from '../../../db/partners/facts.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { FACT_SOURCES, FactKey, FactValue } from '../../../domain/partners/fact.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  jsonBody,
  LocalDate,
  Name,
  pageOf,
  pageQuery,
  Reason,
  RowNumber,
} from '../../http/schemas.ts';

const ALLOWED_MAX = 200;
const FROM = LocalDate.meta({ description: 'The first local day on which the fact holds', examples: ['2026-01-01'] });
const UNTIL = LocalDate.meta({
  description: 'The first local day on which the fact no longer holds; without it, there is no end',
  examples: ['2028-01-01'],
}).optional();
const endsLater = ({ from, until }: { from: string; until?: string | undefined }): boolean =>
  until === undefined || until > from;
const NOT_LATER = { path: ['until'], message: 'is not after from' };

/** A fact that a new partner comes with. */
export const NewcomerFactBody = z
  .strictObject({ key: FactKey, value: FactValue, from: FROM, until: UNTIL })
  .refine(endsLater, NOT_LATER)
  .openapi('NewcomerFact');

const NewFactBody = z
  .strictObject({
    key: FactKey,
    value: FactValue.optional(),
    holds: z
      .boolean()
      .default(true)
      .meta({
        description:
          'False takes back what was recorded about these days: the value, or any value of a key that has one value at a time',
        examples: [true],
      }),
    from: FROM,
    until: UNTIL,
    reason: Reason.optional(),
  })
  .refine(endsLater, NOT_LATER)
  .openapi('NewFact');

const FactBody = z
  .object({
    key: fields.text('The key of the fact', 'tier'),
    value: fields.text('The value', 'gold'),
    from: fields.day('The first local day on which it holds', '2026-01-01'),
    until: fields
      .day('The first local day on which it no longer holds; null if there is no end', '2028-01-01')
      .nullable(),
  })
  .openapi('PartnerFact');

const RecordedFactFields = z.object({
  id: fields.rowNumber('The number of the record', '1042'),
  key: fields.text('The key of the fact', 'tier'),
  value: fields.text('The value; null if any value of the key was taken back', 'gold').nullable(),
  holds: z.boolean().meta({ description: 'Whether the value holds on these days', examples: [true] }),
  from: fields.day('The first local day that the record is about', '2026-01-01'),
  until: fields.day('The first local day after those; null if there is no end', '2028-01-01').nullable(),
  source: fields.oneOf(
    FACT_SOURCES,
    'The one who said it: a person, a file, an event, or the ladder of a program',
    'person',
  ),
  reference: fields.text('The file, event or window that it comes from; otherwise null', 'certificates.csv').nullable(),
  reason: fields.text('The reason, if one was given', 'The exam was passed').nullable(),
  recordedBy: fields.code('The person who recorded it; null for an event or a ladder', 'olga').nullable(),
  recordedAt: fields.at('When it was recorded'),
});
const RecordedFactBody = RecordedFactFields.openapi('RecordedFact');

const NewlyRecordedFactBody = RecordedFactFields.extend({
  eventsWorkedOut: fields.count(
    'How many sales and other events of these days had their earnings worked out before. Those earnings stay as they are',
    0,
  ),
}).openapi('NewlyRecordedFact');

const FactKeyBody = z
  .object({
    key: fields.text('The key', 'tier'),
    description: fields.text('The meaning of the key', 'The tier of the partner, such as gold'),
    many: z.boolean().meta({
      description: 'Whether a partner can have many values at a time, such as certifications',
      examples: [false],
    }),
    allowedValues: z
      .array(z.string())
      .meta({ description: 'The allowed values; empty if any will do', examples: [['silver', 'gold']] }),
    createdAt: fields.at('When the key was declared'),
  })
  .openapi('FactKey');

const FactCursor = z.strictObject({ key: FactKey, value: FactValue, from: LocalDate });

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/facts',
  tags: ['partners'],
  summary: 'List the facts about a partner',
  request: {
    params: CodePath,
    query: pageQuery(FactCursor).extend({
      on: LocalDate.optional().openapi({
        description: 'The local day on which the facts hold; without it, the facts of every day are read',
        examples: ['2026-03-01'],
      }),
    }),
  },
  responses: { 200: answers(pageOf(FactBody), 'The facts in effect, by key, value and first day.') },
});

const record = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/facts',
  tags: ['partners'],
  summary: 'Record a fact about a partner',
  description: 'A fact supersedes the earlier ones about its days. Nothing is changed or deleted.',
  request: { params: CodePath, body: jsonBody(NewFactBody) },
  responses: { 201: answers(NewlyRecordedFactBody, 'The fact was recorded.') },
});

const history = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/facts/history',
  tags: ['partners'],
  summary: 'Read how the facts about a partner came about',
  description: 'Each record supersedes the earlier ones about its days.',
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(RecordedFactBody), 'Everything that was recorded, oldest first.') },
});

const listKeys = createRoute({
  method: 'get',
  path: '/v1/fact-keys',
  tags: ['partners'],
  summary: 'List the keys of facts',
  request: { query: pageQuery(FactKey) },
  responses: { 200: answers(pageOf(FactKeyBody), 'The keys, in their order.') },
});

const declare = createRoute({
  method: 'put',
  path: '/v1/fact-keys/{key}',
  tags: ['partners'],
  summary: 'Declare a key of facts',
  request: {
    params: z.object({ key: FactKey }),
    body: jsonBody(
      z
        .strictObject({
          description: Name.meta({ description: 'The meaning of the key', examples: ['The tier of the partner'] }),
          many: z
            .boolean()
            .default(false)
            .meta({
              description: 'Whether a partner can have many values at a time; it never changes',
              examples: [false],
            }),
          allowedValues: z
            .array(FactValue)
            .max(ALLOWED_MAX)
            .default([])
            .meta({ description: 'The allowed values; empty if any will do', examples: [['silver', 'gold']] }),
        })
        .openapi('NewFactKey'),
    ),
  },
  responses: {
    200: answers(FactKeyBody, 'The key is declared. Facts that were recorded before stay as they are.'),
    409: problemResponse('The key is declared with one value at a time, or with many, and that never changes.'),
  },
});

const factBody = ({ partnerId: _partnerId, ...fact }: PartnerFact) => fact;
const recordedBody = ({ id, recordedAt, ...fact }: RecordedFact) => ({
  ...fact,
  id: String(id),
  recordedAt: recordedAt.toISOString(),
});
const keyBody = ({ createdAt, ...key }: DeclaredFactKey) => ({ ...key, createdAt: createdAt.toISOString() });

export const factRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit, on = null } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      const read = (count: number) => listFactsOn(db, id, on, cursor, count);
      const key = ({ key: name, value, from }: PartnerFact) => ({ key: name, value, from });
      return c.json(await readPage(limit, read, { key, item: factBody }), 200);
    })
    .openapi(record, async (c) => {
      const { value = null, until = null, reason = null, ...fact } = c.req.valid('json');
      const partner = await getPartner(db, c.req.valid('param').code);
      const by = c.get('caller').actorId;
      const recorded = await recordFact(
        db,
        { ...fact, value, until, reason, partner: partner.code, reference: null },
        by,
      );
      return c.json({ ...recordedBody(recorded), eventsWorkedOut: recorded.eventsWorkedOut }, 201);
    })
    .openapi(history, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getPartner(db, c.req.valid('param').code);
      const read = (count: number) => listRecordedFacts(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id: row }) => String(row), item: recordedBody }), 200);
    })
    .openapi(listKeys, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const read = (count: number) => listFactKeys(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ key }) => key, item: keyBody }), 200);
    })
    .openapi(declare, async (c) => {
      const declared = await declareFactKey(
        db,
        { key: c.req.valid('param').key, ...c.req.valid('json') },
        c.get('caller').actorId,
      );
      return c.json(keyBody(declared), 200);
    });
