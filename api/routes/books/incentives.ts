import { createRoute, z } from '@hono/zod-openapi';

import { COST_GROUPS, type IncentiveCost, listIncentiveCosts } from '../../../db/books/incentives.ts';
import { divideHalfEven, formatMinor } from '../../../domain/money.ts';
import { digitsOf } from '../../../domain/unit.ts';
import { csvHeaders, csvOf } from '../../http/csv.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, LocalDate } from '../../http/schemas.ts';

const CostsQuery = z
  .object({
    from: LocalDate.openapi({
      description: 'The first local day on which earnings were booked',
      examples: ['2026-03-01'],
    }),
    until: LocalDate.openapi({ description: 'The day after the last one', examples: ['2026-04-01'] }),
    groupBy: z
      .enum(COST_GROUPS)
      .default('incentive')
      .openapi({
        description:
          'How earnings are grouped. A tier or region is that of the partner on the day of the event, and a month is that in which it was booked',
        examples: ['incentive'],
      }),
  })
  .refine(({ from, until }) => from < until, { path: ['until'], message: 'is not after `from`' });

const amountIn = (description: string, example: string) =>
  fields.text(`${description}. A decimal string in \`unit\``, example);

const CostBody = z
  .object({
    name: fields.text(
      'The group: an incentive is named `program/incentive`; empty if there is no tier or region',
      'resale/growth',
    ),
    unit: fields.text('A currency, or a unit of points', 'USD'),
    cost: amountIn('The amount that was earned, less what was taken back', '1234.56'),
    moved: amountIn('The amounts of these events in the same unit, less refunds', '24691.20'),
    costPerMoved: fields
      .text('The cost for each unit of moved value, with six digits; null if nothing was moved', '0.050000')
      .nullable(),
    partners: fields.count('The number of partners', 42),
    events: fields.count('The number of events that earned for the first time in these days', 310),
  })
  .openapi('IncentiveCost');

const list = createRoute({
  method: 'get',
  path: '/v1/analytics/incentives',
  operationId: 'listIncentiveCosts',
  tags: ['programs'],
  summary: 'Compare what incentives cost and move',
  request: { query: CostsQuery },
  responses: {
    200: answers(
      z.object({ items: z.array(CostBody).meta({ description: 'The groups, each by unit; units are never added' }) }),
      'The cost of each group, which is the sum of the accrual postings of these days.',
    ),
  },
});

const table = createRoute({
  method: 'get',
  path: '/v1/analytics/incentives.csv',
  operationId: 'downloadIncentiveCosts',
  tags: ['programs'],
  summary: 'Download what incentives cost and move',
  request: { query: CostsQuery },
  responses: {
    200: { description: 'The groups as CSV, with the same columns.', content: { 'text/csv': { schema: z.string() } } },
  },
});

const RATIO_DIGITS = 6;

const costBody = ({ name, unit, costMinor, movedMinor, partners, events }: IncentiveCost) => ({
  name,
  unit,
  cost: formatMinor(costMinor, digitsOf(unit)),
  moved: formatMinor(movedMinor, digitsOf(unit)),
  costPerMoved:
    movedMinor > 0n
      ? formatMinor(divideHalfEven(costMinor * 10n ** BigInt(RATIO_DIGITS), movedMinor), RATIO_DIGITS)
      : null,
  partners,
  events,
});

const COLUMNS = ['name', 'unit', 'cost', 'moved', 'costPerMoved', 'partners', 'events'] as const;

/** The cost and the moved value of incentives. */
export const incentiveCostRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  createRouter()
    .openapi(list, async (c) =>
      c.json({ items: (await listIncentiveCosts(db, c.req.valid('query'))).map(costBody) }, 200),
    )
    .openapi(table, async (c) => {
      const rows = (await listIncentiveCosts(db, c.req.valid('query'))).map(costBody);
      const cells = rows.map((row) => COLUMNS.map((column) => row[column]));
      return c.body(csvOf(COLUMNS, cells), 200, csvHeaders('incentives.csv'));
    });
