import { createRoute, z } from '@hono/zod-openapi';

import { type Fund, listFunds } from '../../../db/earnings/funds.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

const FundBody = z
  .object({
    id: fields.id('The id of the fund'),
    request: fields.id('The id of the granted request that made it'),
    program: fields.code('The program', 'resale'),
    partner: fields.code('The partner who may claim from it', 'paula'),
    currency: Currency,
    amount: fields.amount('The amount of the fund', '5000.00'),
    waiting: fields.amount('The sum of the claims that wait for a decision', '500.00'),
    granted: fields.amount('The sum of the claims that were granted', '1500.00'),
    left: fields.amount('The amount that can still be claimed', '3000.00'),
    startsOn: fields.day('The first day on which it can be claimed', '2030-01-01'),
    endsOn: fields.day('The first day on which it can no longer be claimed', '2030-07-01'),
    grantedAt: fields.at('When it was granted'),
  })
  .openapi('Fund');

const list = createRoute({
  method: 'get',
  path: '/v1/funds',
  tags: ['claims'],
  summary: 'List the funds of partners',
  request: {
    query: pageQuery(Uuid).extend({
      partner: Code.meta({ description: 'Lists only funds of this partner', examples: ['paula'] }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(FundBody), 'The funds, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/funds',
  operationId: 'listMyFunds',
  tags: ['me'],
  summary: 'List your funds',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(FundBody), 'Your funds, the newest first.') },
});

function fundBody(fund: Fund) {
  const {
    id,
    requestId: request,
    program,
    partner,
    currency,
    minor,
    waitingMinor,
    grantedMinor,
    startsOn,
    endsOn,
  } = fund;
  const say = (amount: bigint) => formatDecimal(money(amount, currency));
  const left = say(minor - waitingMinor - grantedMinor);
  const sums = { amount: say(minor), waiting: say(waitingMinor), granted: say(grantedMinor), left };
  return {
    id,
    request,
    program,
    partner,
    currency,
    ...sums,
    startsOn,
    endsOn,
    grantedAt: fund.grantedAt.toISOString(),
  };
}

export const fundRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listFunds(db, { partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: fundBody }), 200);
    })
    .openapi(listMine, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listFunds(db, { partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: fundBody }), 200);
    });
