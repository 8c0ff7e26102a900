import { createRoute, z } from '@hono/zod-openapi';

import { askForStatement } from '../../../commands/books/statements.ts';
import { listReports } from '../../../db/books/reconciliation.ts';
import { Currency } from '../../../domain/fields.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { startReconciliation } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, LocalDate, pageOf, pageQuery } from '../../http/schemas.ts';

const START_WAIT_MS = 5000;

const GatewayPath = z.object({ name: fields.oneOf(GATEWAYS, 'The name of the gateway', 'wise') });

const STATES = ['read', 'failed'] as const;

const StatementBody = z
  .object({
    day: fields.day('The day of the statement, local to the zone of the account'),
    payer: fields.code('The payer whose account it is', 'acme'),
    currency: Currency,
    state: fields.oneOf(STATES, '`read`: the last try read it; `failed`: the last try could not read it', 'read'),
    problem: fields.text('Why the last try could not read it; null if it did', 'Wise did not answer').nullable(),
    lines: fields.count('How many lines were read so far', 12),
    breaks: fields.count('How many breaks were open when it was last compared with the books', 0),
    readAt: fields.at('When it was last read and compared; null if it never was').nullable(),
    triedAt: fields.at('When somebody last tried to read it'),
  })
  .openapi('Statement');

const ReadingBody = z
  .object({
    gateway: fields.oneOf(GATEWAYS, 'The name of the gateway', 'wise'),
    day: fields.day('The day that is being read'),
    state: z
      .literal('reading')
      .meta({ description: 'The statement is being read; the list of statements shows the result' }),
  })
  .openapi('StatementReading');

const StatementCursor = z.tuple([LocalDate, z.uuid()]);

const list = createRoute({
  method: 'get',
  path: '/v1/gateways/{name}/statements',
  operationId: 'listStatements',
  tags: ['reconciliation'],
  summary: "List a gateway's statements",
  request: { params: GatewayPath, query: pageQuery(StatementCursor) },
  responses: {
    200: answers(pageOf(StatementBody), 'One statement for each day, payer and currency, the newest day first.'),
  },
});

const read = createRoute({
  method: 'post',
  path: '/v1/gateways/{name}/statements/{day}/read',
  operationId: 'readStatement',
  tags: ['reconciliation'],
  summary: "Read a gateway's statement of a day",
  description:
    'Reads the statement of a day for every account of the gateway, and compares it with the books. A day that was read before is read again: new and corrected lines are added, and breaks are opened and closed. The day must be over in the zone of every account.',
  request: { params: GatewayPath.extend({ day: LocalDate }) },
  responses: {
    202: answers(ReadingBody, 'The statement is being read.'),
  },
});

type Report = Awaited<ReturnType<typeof listReports>>[number];

const statementBody = ({ day, payer, currency, lineCount, breakCount, readAt, triedAt, problem }: Report) => ({
  day,
  payer,
  currency,
  state: problem === null ? ('read' as const) : ('failed' as const),
  problem,
  lines: lineCount,
  breaks: breakCount,
  readAt: readAt?.toISOString() ?? null,
  triedAt: triedAt.toISOString(),
});

export const statementRoutes = ({ db, temporal }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { name } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      const readRows = (count: number) => listReports(db, name, cursor, count);
      return c.json(await readPage(limit, readRows, { key: ({ day, id }) => [day, id], item: statementBody }), 200);
    })
    .openapi(read, async (c) => {
      const { name, day } = c.req.valid('param');
      await askForStatement(db, { gateway: name, day, now: new Date() }, c.get('caller').actorId);
      await temporal.withDeadline(Date.now() + START_WAIT_MS, () => startReconciliation(temporal, name, day));
      return c.json({ gateway: name, day, state: 'reading' as const }, 202);
    });
