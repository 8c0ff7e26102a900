import { createRoute, z } from '@hono/zod-openapi';

import { capRecovery } from '../../../commands/partners/recovery.ts';
import { listRecoveryCaps, type RecoveryCap } from '../../../db/partners/recovery.ts';
import { getSchedule } from '../../../db/payers/schedules.ts';
import { Code } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, Reason, RowNumber } from '../../http/schemas.ts';

const Percent = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,2})?$/, { abort: true, error: 'is not a percentage such as 25' })
  .refine((text) => Number(text) > 0 && Number(text) <= 100, 'is not above 0 and at most 100');

const NewCapBody = z
  .strictObject({
    percent: Percent.nullable().meta({
      description:
        'The percentage of what the period of a run earned that is taken back of an older debt at most. Null ends the cap',
      examples: ['25'],
    }),
    partner: Code.optional().meta({
      description: 'The code of one partner, whose cap comes before that of the schedule; without it, all partners',
      examples: ['paula'],
    }),
    reason: Reason,
  })
  .openapi('NewRecoveryCap');

const CapBody = z
  .object({
    id: fields.rowNumber('The number of the record', '12'),
    partner: fields.code('The code of the partner; null for all partners of the schedule', 'paula').nullable(),
    percent: fields.text('The percentage; null if the cap was ended', '25').nullable(),
    reason: fields.text('The reason', 'Agreed after the recall'),
    recordedBy: fields.code('The person who recorded it', 'olga'),
    recordedAt: fields.at('When it was recorded'),
  })
  .openapi('RecoveryCap');

const put = createRoute({
  method: 'put',
  path: '/v1/schedules/{code}/recovery',
  operationId: 'capRecovery',
  tags: ['schedules'],
  summary: 'Cap how much of a debt each run takes back',
  description:
    'A debt is what a partner owed before the period of the run. Without a cap, a run takes back all of it. The rest stays a debt. A partner who goes on in no program has no cap. Runs that are open keep the caps with which they began.',
  request: { params: CodePath, body: jsonBody(NewCapBody) },
  responses: { 200: answers(CapBody, 'The cap counts in every run that begins from now on.') },
});

const list = createRoute({
  method: 'get',
  path: '/v1/schedules/{code}/recovery',
  operationId: 'listRecoveryCaps',
  tags: ['schedules'],
  summary: 'List the caps on taking back debts',
  description: 'Each record supersedes the earlier ones of the same partner, or those of the schedule.',
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(CapBody), 'Everything that was recorded, newest first.') },
});

const capBody = ({ id, recordedAt, ...cap }: RecoveryCap) => ({
  ...cap,
  id: String(id),
  recordedAt: recordedAt.toISOString(),
});

/** The caps on what runs take back of debts. */
export const recoveryRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(put, async (c) => {
      const { percent, partner = null, reason } = c.req.valid('json');
      const wish = { schedule: c.req.valid('param').code, partner, percent, reason, by: c.get('caller').actorId };
      return c.json(capBody(await capRecovery(db, wish)), 200);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getSchedule(db, c.req.valid('param').code);
      const read = (count: number) => listRecoveryCaps(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id: row }) => String(row), item: capBody }), 200);
    });
