import { createRoute, z } from '@hono/zod-openapi';

import { getMailing, recordMailed } from '../../../commands/checks/mailings.ts';
import { listUnmailed, type UnmailedCheck } from '../../../db/checks/mailings.ts';
import { attemptRecord, unseal } from '../../../db/vault.ts';
import { Failure } from '../../../domain/errors.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { drawFrozenChecks } from '../../../gateways/check-paper.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, LocalDate, RowNumber, UuidPath } from '../../http/schemas.ts';
import { TaskBody, taskBody } from '../tasks/tasks.ts';

const CheckToMailBody = z
  .object({
    number: fields.rowNumber('The number on the check', '1001'),
    payout: fields.id('The payout that the check pays'),
    partner: fields.code('The code of the partner who is paid', 'paula'),
    currency: Currency,
    amount: fields.amount('The amount of the check'),
  })
  .openapi('CheckToMail');

const ChecksToMailBody = z
  .object({ checks: z.array(CheckToMailBody).meta({ description: 'The checks, in the order of their numbers' }) })
  .openapi('ChecksToMail');

const list = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/checks',
  operationId: 'listChecksToMail',
  tags: ['tasks'],
  summary: 'List the checks that a task asks to mail',
  request: { params: UuidPath },
  responses: { 200: answers(ChecksToMailBody, 'The checks that nobody has mailed.') },
});

const download = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}/checks.pdf',
  operationId: 'downloadChecksToMail',
  tags: ['tasks'],
  summary: 'Download the checks that a task asks to mail',
  request: { params: UuidPath },
  responses: {
    200: {
      description: 'The checks that nobody has mailed, one on each page of US letter paper.',
      content: { 'application/pdf': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
});

const CHECKS_MAX = 10_000;

/** The fields of a mailing, also as a page sends them. */
export const MailedForm = z.strictObject({
  mailedOn: LocalDate.meta({ description: 'The day on which the checks were mailed', examples: ['2026-03-03'] }),
  numbers: z
    .array(RowNumber.openapi({ description: 'The number on a check', examples: ['1001'] }))
    .min(1)
    .max(CHECKS_MAX)
    .meta({ description: 'The numbers of the checks that were mailed; the task stays open for all others' }),
});
const MailedBody = MailedForm.openapi('NewMailing');

const mailed = createRoute({
  method: 'post',
  path: '/v1/tasks/{id}/mailed',
  operationId: 'recordMailedChecks',
  tags: ['tasks'],
  summary: 'Record that checks were mailed',
  description: 'The payouts of these checks become `sent`, and their partners are told.',
  request: { params: UuidPath, body: jsonBody(MailedBody) },
  responses: { 200: answers(TaskBody, 'The mailing was recorded. The task is closed if no check is left.') },
});

const checkBody = ({ number, payoutId, partner, currency, minor }: UnmailedCheck) => ({
  number: String(number),
  payout: payoutId,
  partner,
  currency,
  amount: formatDecimal(money(minor, currency)),
});

/** The work of the person who prints and mails checks. */
export const mailingRoutes = ({ db, vault }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const bundle = await getMailing(db, c.req.valid('param').id);
      return c.json({ checks: (await listUnmailed(db, bundle)).map(checkBody) }, 200);
    })
    .openapi(download, async (c) => {
      const { id } = c.req.valid('param');
      const checks = await listUnmailed(db, await getMailing(db, id));
      const requests = checks.map(({ attemptId, requestSealed }) =>
        unseal(vault, attemptRecord(attemptId), requestSealed),
      );
      const pdf = await drawFrozenChecks(requests);
      if (!pdf) throw new Failure('not_found', `No check of task ${id} waits to be mailed.`);
      return c.body(new Uint8Array(pdf), 200, {
        'content-type': 'application/pdf',
        'content-disposition': `attachment; filename="checks-${id}.pdf"`,
      });
    })
    .openapi(mailed, async (c) => {
      const { id } = c.req.valid('param');
      const today = new Date().toISOString().slice(0, 10);
      const task = await recordMailed(db, id, { ...c.req.valid('json'), by: c.get('caller').actorId }, today);
      return c.json(taskBody(task), 200);
    });
