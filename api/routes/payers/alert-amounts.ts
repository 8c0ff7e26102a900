import { createRoute, z } from '@hono/zod-openapi';

import { setAlertAmounts } from '../../../commands/payers/alert-amounts.ts';
import { listAlertAmounts } from '../../../db/payers/alert-amounts.ts';
import { getPayer } from '../../../db/payers/payers.ts';
import { type Money, parseDecimal } from '../../../domain/money.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { AmountBody, answers, CodePath, jsonBody, MoneyBody, moneyBody } from '../../http/schemas.ts';

const CURRENCIES_MAX = 50;
const AMOUNTS =
  'The amount in each currency from which finance and operators are told at once of a payout that failed, came back, waits to be claimed or was cut, and of a break';

const NewAlertAmountsBody = z
  .strictObject({
    amounts: z
      .array(AmountBody)
      .max(CURRENCIES_MAX)
      .refine(
        (amounts) => new Set(amounts.map(({ currency }) => currency)).size === amounts.length,
        'names a currency twice',
      )
      .meta({ description: `${AMOUNTS}; a currency that is not named has none` }),
  })
  .openapi('NewAlertAmounts');

const AlertAmountsBody = z
  .object({ amounts: z.array(MoneyBody).meta({ description: AMOUNTS }) })
  .openapi('AlertAmounts');

const get = createRoute({
  method: 'get',
  path: '/v1/payers/{code}/alert-amounts',
  tags: ['payers'],
  summary: 'Get the amounts from which finance is told at once',
  request: { params: CodePath },
  responses: { 200: answers(AlertAmountsBody, 'The amounts, one for each currency that has one.') },
});

const set = createRoute({
  method: 'put',
  path: '/v1/payers/{code}/alert-amounts',
  tags: ['payers'],
  summary: 'Set the amounts from which finance is told at once',
  description:
    'Everything is in the daily digest of its run as well. A break of kind `paid_twice` is always told at once, whatever its amount.',
  request: { params: CodePath, body: jsonBody(NewAlertAmountsBody) },
  responses: { 200: answers(AlertAmountsBody, 'The amounts from now on, in place of the earlier ones.') },
});

const amountsBody = (amounts: readonly Money[]) => ({ amounts: amounts.map(moneyBody) });

export const alertAmountRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(get, async (c) => {
      const { id } = await getPayer(db, c.req.valid('param').code);
      return c.json(amountsBody(await listAlertAmounts(db, id)), 200);
    })
    .openapi(set, async (c) => {
      const { amounts } = c.req.valid('json');
      const from = amounts.map(({ currency, amount }) => parseDecimal(amount, currency));
      const changed = await setAlertAmounts(db, c.req.valid('param').code, from, c.get('caller').actorId);
      return c.json(amountsBody(changed), 200);
    });
