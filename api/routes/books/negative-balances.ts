import { createRoute, z } from '@hono/zod-openapi';

import { listNegativeBalances, type NegativeBalance } from '../../../db/books/negative-balances.ts';
import { AGE_BUCKETS, ageOf } from '../../../domain/books/ageing.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery } from '../../http/schemas.ts';

const NegativeBody = z
  .object({
    partner: fields.code("The partner's code", 'paula'),
    name: fields.text("The partner's name", 'Paula Partner'),
    currency: Currency,
    amount: fields.amount('The balance, which is below zero', '-20.00'),
    since: fields.at('When the balance fell below zero and stayed there'),
    days: fields.count('The whole days since then', 45),
    bucket: fields.oneOf(AGE_BUCKETS, 'The days as a group', '31-60'),
  })
  .openapi('NegativeBalance');

const list = createRoute({
  method: 'get',
  path: '/v1/reports/negative-balances',
  operationId: 'listNegativeBalances',
  tags: ['corrections'],
  summary: 'Report the partners who owe you, and since when',
  request: { query: pageQuery(z.strictObject({ partner: Code, currency: Currency })) },
  responses: {
    200: answers(
      pageOf(NegativeBody),
      'The balances below zero by partner and currency, in the order of the codes. A payout that was sent counts.',
    ),
  },
});

const negativeBody = ({ minor, currency, since, ...balance }: NegativeBalance) => ({
  ...balance,
  currency,
  amount: formatDecimal(money(minor, currency)),
  since: since.toISOString(),
  ...ageOf(since, Date.now()),
});

/** The ages of balances below zero, so that finance sees what will not be made up. */
export const negativeBalanceRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit } = c.req.valid('query');
    const read = (count: number) => listNegativeBalances(db, cursor, count);
    const key = ({ partner, currency }: NegativeBalance) => ({ partner, currency });
    return c.json(await readPage(limit, read, { key, item: negativeBody }), 200);
  });
