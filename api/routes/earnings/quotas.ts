import { createRoute, z } from '@hono/zod-openapi';

import { importQuotas } from '../../../commands/earnings/quota-import.ts';
import { recordQuota } from '../../../commands/earnings/quotas.ts';
import { listQuotas, type RecordedQuota } from '../../../db/earnings/quotas.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code, Currency, Decimal, isEventYear, notEventYear } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { QuotaName, STANDARD_QUOTA } from '../../../domain/programs/incentives/shape.ts';
import { CALENDAR_WINDOWS } from '../../../domain/programs/incentives/window.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, LocalDate, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';
import { fileOf, formOf, PreviewQuery, resultBody, TableResultBody } from '../../http/tables.ts';
import { wakeAccruals } from '../../http/wake.ts';

const NewQuotaBody = z
  .strictObject({
    program: Code.meta({ description: 'The code of the program', examples: ['resale'] }),
    name: QuotaName.default(STANDARD_QUOTA).meta({
      description: 'The name of the quota, as an incentive names it with `quota`',
      examples: ['hardware'],
    }),
    window: z.enum(CALENDAR_WINDOWS).meta({ description: 'The kind of window', examples: ['quarter'] }),
    start: LocalDate.refine(isEventYear, notEventYear).meta({
      description: 'The first day of the window',
      examples: ['2026-01-01'],
    }),
    currency: Currency.optional(),
    value: Decimal.nullable().meta({
      description:
        'The quota: a decimal string of `currency` or, without a currency, a whole number of units or events. Null takes it back',
      examples: ['100000.00'],
    }),
    reason: Reason.optional(),
  })
  .openapi('NewQuota');

const QuotaBody = z
  .object({
    id: fields.rowNumber('The number of the record', '1042'),
    program: fields.code('The code of the program', 'resale'),
    name: fields.text('The name of the quota', 'standard'),
    window: fields.oneOf(CALENDAR_WINDOWS, 'The kind of window', 'quarter'),
    start: fields.day('The first day of the window', '2026-01-01'),
    currency: fields.orNull(Currency, 'The currency of an amount; null for a number of units or events'),
    value: fields.text('The quota; null if it was taken back', '100000.00').nullable(),
    reason: fields.text('The reason, if one was given', 'Agreed at the start of the year').nullable(),
    recordedBy: fields.code('The person who recorded it', 'olga'),
    recordedAt: fields.at('When it was recorded'),
  })
  .openapi('Quota');

const put = createRoute({
  method: 'put',
  path: '/v1/partners/{code}/quotas',
  operationId: 'recordQuota',
  tags: ['partners'],
  summary: 'Record a quota of a partner',
  description:
    'It supersedes the earlier quota of its program, name, window and currency. The window is worked out again, and the difference is earned or taken back. The same quota again changes nothing.',
  request: { params: CodePath, body: jsonBody(NewQuotaBody) },
  responses: { 200: answers(QuotaBody, 'The quota is in force.') },
});

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/quotas',
  operationId: 'listQuotas',
  tags: ['partners'],
  summary: 'List the quotas of a partner',
  description: 'Each record supersedes the earlier ones of its program, name, window and currency.',
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(QuotaBody), 'Everything that was recorded, newest first.') },
});

const importFile = createRoute({
  method: 'post',
  path: '/v1/quotas/import',
  operationId: 'importQuotas',
  tags: ['partners'],
  summary: 'Import a CSV file of quotas',
  description:
    'The columns are `partner`, `program`, `window`, `start` and `value`, and if you like `name`, `currency`, `holds` (`no` takes a quota back) and `reason`. All lines are recorded or none. Quotas that are in force already stay as they are.',
  request: {
    query: PreviewQuery,
    body: {
      required: true,
      content: formOf('partner,program,window,start,currency,value\npaula,resale,quarter,2026-01-01,USD,100000.00\n'),
    },
  },
  responses: {
    200: answers(TableResultBody, 'The quotas of all lines are in force or, in a preview, each line was judged.'),
    400: problemResponse(
      'The file or some of its lines cannot be accepted; `errors` names each line. Nothing was recorded.',
    ),
  },
});

const quotaBody = ({ id, value, currency, recordedAt, ...quota }: RecordedQuota) => ({
  ...quota,
  id: String(id),
  currency,
  value: value === null ? null : currency === null ? String(value) : formatDecimal(money(value, currency)),
  recordedAt: recordedAt.toISOString(),
});

/** The quotas that windows are compared with. */
export const quotaRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(put, async (c) => {
      const { currency = null, reason = null, ...quota } = c.req.valid('json');
      const wish = { ...quota, currency, reason, partner: c.req.valid('param').code };
      const { quota: recorded, shards } = await recordQuota(db, wish, c.get('caller').actorId);
      await wakeAccruals({ temporal, log }, shards);
      return c.json(quotaBody(recorded), 200);
    })
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      const read = (count: number) => listQuotas(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id: row }) => String(row), item: quotaBody }), 200);
    })
    .openapi(importFile, async (c) => {
      const preview = c.req.valid('query').preview === 'true';
      const wish = { preview, by: c.get('caller').actorId };
      const { shards, ...result } = await importQuotas(db, fileOf(c.get('upload')), wish);
      await wakeAccruals({ temporal, log }, shards);
      return c.json(resultBody(result, preview), 200);
    });
