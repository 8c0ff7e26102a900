import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { endDeal, extendDeal, registerDeal } from '../../../commands/earnings/deals.ts';
import { type Deal, getDeal, listDeals } from '../../../db/earnings/deals.ts';
import type { Database } from '../../../db/database.ts';
import { DEAL_STATUSES } from '../../../domain/earnings/deal.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps, ApiEnv } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeDecisionQuietly } from '../../http/wake.ts';
import { DealBody, dealBody, ExtensionBody, MyNewDealBody, wishOf } from './deal-bodies.ts';

const STATUS_PROBLEM = { 409: problemResponse("The deal's status does not allow this. Nothing was recorded.") };

const list = createRoute({
  method: 'get',
  path: '/v1/me/deals',
  operationId: 'listMyDeals',
  tags: ['me'],
  summary: 'List your deals',
  request: {
    query: pageQuery(Uuid).extend({
      status: fields.oneOf(DEAL_STATUSES, 'Lists only deals with this status', 'protected').optional(),
    }),
  },
  responses: { 200: answers(pageOf(DealBody), 'Your deals, the newest first.') },
});

const register = createRoute({
  method: 'post',
  path: '/v1/me/deals',
  operationId: 'registerMyDeal',
  tags: ['me'],
  summary: 'Register a deal',
  description:
    'The first valid registration of a customer wins. A later one is recorded as declined, with the reason. Otherwise the policy of the program decides.',
  request: { body: jsonBody(MyNewDealBody) },
  responses: {
    201: answers(DealBody, 'The registration was recorded. Its status says whether the deal is protected for you.'),
    404: problemResponse('There is no such program.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/me/deals/{id}',
  operationId: 'getMyDeal',
  tags: ['me'],
  summary: 'Get one of your deals',
  request: { params: UuidPath },
  responses: { 200: answers(DealBody, 'The deal.') },
});

const extend = createRoute({
  method: 'post',
  path: '/v1/me/deals/{id}/extension',
  operationId: 'extendMyDeal',
  tags: ['me'],
  summary: 'Ask to protect a deal of yours for longer',
  request: { params: UuidPath, body: jsonBody(ExtensionBody) },
  responses: { 200: answers(DealBody, 'The extension was asked for. The policy decides.'), ...STATUS_PROBLEM },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/me/deals/{id}/withdraw',
  operationId: 'withdrawMyDeal',
  tags: ['me'],
  summary: 'Withdraw a deal of yours',
  request: { params: UuidPath, body: jsonBody(z.strictObject({ reason: Reason }).openapi('MyDealWithdrawal')) },
  responses: { 200: answers(DealBody, 'The deal is withdrawn, and its customer is free.'), ...STATUS_PROBLEM },
});

/** A deal of the caller's own. Another partner's deal does not exist for them. */
async function ownDeal(db: Database, c: Context<ApiEnv>, id: string): Promise<Deal> {
  const deal = await getDeal(db, id);
  onlyOwn(c, deal.partner, `deal ${id}`);
  return deal;
}

/** Partners register their deals and follow them. They never see who decides, or who holds a customer. */
export const myDealRoutes = (deps: ApiDeps) => {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'deal', id });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, status } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listDeals(db, { partnerId, status }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: dealBody }), 200);
    })
    .openapi(register, async (c) => {
      const caller = c.get('caller');
      const wish = wishOf(c.req.valid('json'), partnerOf(caller).code);
      const deal = await registerDeal(db, wish, { by: caller.actorId, nowMs: Date.now() });
      await follow(deal.id);
      return c.json(dealBody(deal), 201);
    })
    .openapi(get, async (c) => c.json(dealBody(await ownDeal(db, c, c.req.valid('param').id)), 200))
    .openapi(extend, async (c) => {
      const caller = c.get('caller');
      const { id } = await ownDeal(db, c, c.req.valid('param').id);
      const deal = await extendDeal(db, id, c.req.valid('json'), { by: caller.actorId, nowMs: Date.now() });
      await follow(id);
      return c.json(dealBody(deal), 200);
    })
    .openapi(withdraw, async (c) => {
      const caller = c.get('caller');
      const { id } = await ownDeal(db, c, c.req.valid('param').id);
      const { reason } = c.req.valid('json');
      const deal = await endDeal(db, id, { status: 'withdrawn', reason, by: caller.actorId, nowMs: Date.now() });
      await follow(id);
      return c.json(dealBody(deal), 200);
    });
};
