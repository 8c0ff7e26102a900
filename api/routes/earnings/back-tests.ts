import { createRoute, z } from '@hono/zod-openapi';

import { askBackTest } from '../../../commands/earnings/back-tests.ts';
import type { Database } from '../../../db/database.ts';
import {
  type BackTestPartner,
  type BackTestPartnerKey,
  getBackTest,
  listBackTestPartners,
  listStoppedEvents,
  type StoppedRow,
} from '../../../db/earnings/back-tests.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { Code } from '../../../domain/fields.ts';
import { wakeBackTest } from '../../../temporal/starts.ts';
import { csvHeaders, csvStreamOf } from '../../http/csv.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, RowNumber, UuidPath } from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import {
  BackTestBody,
  BackTestPartnerBody,
  BackTestResultBody,
  NewBackTestBody,
  partnerBody,
  resultBody,
  StoppedBody,
  stoppedBody,
  testBody,
} from './back-test-bodies.ts';

const ask = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/plans/{plan}/back-tests',
  operationId: 'askBackTest',
  tags: ['programs'],
  summary: 'Try a draft of terms on past events',
  request: {
    params: CodePath.extend({ plan: Code.meta({ description: 'The code of the plan', examples: ['standard'] }) }),
    body: jsonBody(NewBackTestBody),
  },
  responses: { 201: answers(BackTestBody, 'The back-test was started. Nothing is earned by it.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/back-tests/{id}',
  operationId: 'getBackTest',
  tags: ['programs'],
  summary: 'Get a back-test with its totals',
  request: { params: UuidPath },
  responses: { 200: answers(BackTestResultBody, 'The back-test, with the sums so far.') },
});

const PartnerCursor = z.strictObject({ partnerId: RowNumber, unit: z.string().max(50) });

const partners = createRoute({
  method: 'get',
  path: '/v1/back-tests/{id}/partners',
  operationId: 'listBackTestPartners',
  tags: ['programs'],
  summary: 'List what each partner would have earned',
  request: { params: UuidPath, query: pageQuery(PartnerCursor) },
  responses: { 200: answers(pageOf(BackTestPartnerBody), 'The partners, each with the sums in each unit.') },
});

const table = createRoute({
  method: 'get',
  path: '/v1/back-tests/{id}/partners.csv',
  operationId: 'downloadBackTestPartners',
  tags: ['programs'],
  summary: 'Download what each partner would have earned',
  request: { params: UuidPath },
  responses: {
    200: {
      description: 'The partners as CSV, with the columns of the list.',
      content: { 'text/csv': { schema: z.string() } },
    },
  },
});

const stopped = createRoute({
  method: 'get',
  path: '/v1/back-tests/{id}/stopped-events',
  operationId: 'listStoppedEvents',
  tags: ['programs'],
  summary: 'List events that would newly earn nothing',
  request: {
    params: UuidPath,
    query: pageQuery(z.strictObject({ partnerId: RowNumber, eventId: RowNumber, unit: z.string().max(50) })),
  },
  responses: { 200: answers(pageOf(StoppedBody), 'The first such events of each partner, with the reason.') },
});

const ROWS_PER_READ = 1000;
export const BACK_TEST_COLUMNS = [
  'partner',
  'unit',
  'events',
  'old',
  'new',
  'difference',
  'outcome',
  'stopped',
] as const;

/** Every partner with the columns above. */
export async function* backTestRows(db: Database, id: string): AsyncGenerator<readonly unknown[]> {
  let after: BackTestPartnerKey | null = null;
  for (;;) {
    const rows: readonly BackTestPartner[] = await listBackTestPartners(db, id, after, ROWS_PER_READ);
    for (const row of rows) {
      const body = partnerBody(row);
      yield BACK_TEST_COLUMNS.map((column) => body[column]);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = { partnerId: last.partnerId, unit: last.unit };
  }
}

/** Drafts of terms that are tried on past events. */
export const backTestRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(ask, async (c) => {
      const { tier = null, ...wish } = c.req.valid('json');
      const { code, plan } = c.req.valid('param');
      const program = await getProgram(db, code);
      const test = await askBackTest(db, program, { ...wish, plan, tierKey: tier }, c.get('caller').actorId);
      await wakeQuietly({ temporal, log }, { backTest: test.id }, () => wakeBackTest(temporal, test.id));
      return c.json(testBody(test), 201);
    })
    .openapi(get, async (c) => c.json(await resultBody(db, await getBackTest(db, c.req.valid('param').id)), 200))
    .openapi(partners, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getBackTest(db, c.req.valid('param').id);
      const read = (count: number) => listBackTestPartners(db, id, cursor, count);
      const key = ({ partnerId, unit: sumUnit }: BackTestPartner) => ({ partnerId, unit: sumUnit });
      return c.json(await readPage(limit, read, { key, item: partnerBody }), 200);
    })
    .openapi(table, async (c) => {
      const { id } = await getBackTest(db, c.req.valid('param').id);
      return c.body(csvStreamOf(BACK_TEST_COLUMNS, backTestRows(db, id)), 200, csvHeaders(`back-test-${id}.csv`));
    })
    .openapi(stopped, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getBackTest(db, c.req.valid('param').id);
      const read = (count: number) => listStoppedEvents(db, id, cursor, count);
      const key = ({ partnerId, eventId, unit: sumUnit }: StoppedRow) => ({ partnerId, eventId, unit: sumUnit });
      return c.json(await readPage(limit, read, { key, item: stoppedBody }), 200);
    });
