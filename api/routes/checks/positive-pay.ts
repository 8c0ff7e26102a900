import { createRoute, z } from '@hono/zod-openapi';

import { listRunChecks } from '../../../db/checks/checks.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { positivePayFile } from '../../../domain/checks/positive-pay.ts';
import { checkFiledBy } from '../../../gateways/accounts.ts';
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

/** The list with which the bank compares presented checks: the rows that it was told when each check was filed. */
const positivePayOf = (checks: Awaited<ReturnType<typeof listRunChecks>>): string =>
  positivePayFile(
    checks.map(({ gateway, request, state }) => {
      const check = checkFiledBy(gateway, request);
      return { ...check, type: state === 'failed' ? 'void' : 'issue', payee: textCell(check.payee) };
    }),
  );

/** Keeps a name from becoming a formula in a spreadsheet. */
const textCell = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export const positivePayRoutes = ({ db, vault }: Pick<ApiDeps, 'db' | 'vault'>) =>
  createRouter().openapi(download, async (c) => {
    const run = await getRun(db, c.req.valid('param').id);
    return c.body(positivePayOf(await listRunChecks(db, vault, run.id)), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="positive-pay-${run.id}.csv"`,
    });
  });
