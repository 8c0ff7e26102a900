import { createRoute, z } from '@hono/zod-openapi';

import { listRunChecks } from '../../../db/checks/checks.ts';
import { getRun, type Run } from '../../../db/runs/runs.ts';
import { localDate } from '../../../domain/calendar.ts';
import { positivePayFile } from '../../../domain/checks/positive-pay.ts';
import { money } from '../../../domain/money.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { UuidPath } from '../../http/schemas.ts';

const download = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/positive-pay',
  operationId: 'downloadPositivePay',
  tags: ['runs'],
  summary: 'Download the checks of a run for the bank',
  request: { params: UuidPath },
  responses: {
    200: {
      description: 'The checks of the run as CSV, for the bank to compare with the checks that are presented.',
      content: { 'text/csv': { schema: z.string() } },
    },
  },
});

/** The list with which the bank compares presented checks. It names the account without its number. */
const positivePayOf = (run: Run, checks: Awaited<ReturnType<typeof listRunChecks>>): string =>
  positivePayFile(
    checks.map(({ accountRef, number, issuedAt, minor, currency, partner, state }) => ({
      type: state === 'failed' ? 'void' : 'issue',
      account: accountRef,
      number,
      amount: money(minor, currency),
      date: localDate(issuedAt.getTime(), run.zone),
      payee: textCell(partner),
    })),
  );

/** Keeps a name from becoming a formula in a spreadsheet. */
const textCell = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export const positivePayRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  createRouter().openapi(download, async (c) => {
    const run = await getRun(db, c.req.valid('param').id);
    return c.body(positivePayOf(run, await listRunChecks(db, run.id)), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="positive-pay-${run.id}.csv"`,
    });
  });
