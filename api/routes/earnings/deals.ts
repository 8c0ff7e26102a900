import { createRoute, z } from '@hono/zod-openapi';

import { answerDeal, endDeal, extendDeal, registerDeal } from '../../../commands/earnings/deals.ts';
import { winDeal } from '../../../commands/earnings/won-deals.ts';
import { getDeal, listDeals } from '../../../db/earnings/deals.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { DEAL_STATUSES } from '../../../domain/earnings/deal.ts';
import { Code, Line, Source } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeAccruals, wakeDecisionQuietly } from '../../http/wake.ts';
import { DECISION_PROBLEMS, DecisionBody } from '../programs/reviews.ts';
import {
  DealBody,
  dealBody,
  DealDetailBody,
  dealDetail,
  DealFields,
  ExtensionBody,
  refuseDeal,
  wishOf,
} from './deal-bodies.ts';

const SALES_MAX = 100;

const NewDealBody = z
  .strictObject({
    partner: Code.meta({ description: 'The partner on whose behalf you register it', examples: ['paula'] }),
    ...DealFields,
  })
  .superRefine(refuseDeal)
  .openapi('NewDeal');

const STATUS_PROBLEM = { 409: problemResponse("The deal's status does not allow this. Nothing was recorded.") };

const list = createRoute({
  method: 'get',
  path: '/v1/deals',
  tags: ['deals'],
  summary: 'List the deals',
  request: {
    query: pageQuery(Uuid).extend({
      status: fields.oneOf(DEAL_STATUSES, 'Lists only deals with this status', 'review').optional(),
      partner: Code.meta({ description: 'Lists only deals of this partner', examples: ['paula'] }).optional(),
      program: Code.meta({ description: 'Lists only deals of this program', examples: ['resale'] }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(DealBody), 'The deals, the newest first.'),
    404: problemResponse('There is no such partner or program.'),
  },
});

const register = createRoute({
  method: 'post',
  path: '/v1/deals',
  operationId: 'registerDeal',
  tags: ['deals'],
  summary: 'Register a deal on behalf of a partner',
  description:
    'The first valid registration of a customer wins. A later one is recorded as declined, with the reason. Otherwise the policy of the program decides.',
  request: { body: jsonBody(NewDealBody) },
  responses: {
    201: answers(DealDetailBody, 'The registration was recorded. Its status says whether it is protected.'),
    404: problemResponse('There is no such partner or program.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/deals/{id}',
  tags: ['deals'],
  summary: 'Get a deal',
  request: { params: UuidPath },
  responses: { 200: answers(DealDetailBody, 'The deal, with its decisions.') },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/deals/{id}/decision',
  tags: ['deals'],
  summary: 'Approve or decline a deal or its extension',
  request: { params: UuidPath, body: jsonBody(DecisionBody) },
  responses: { 200: answers(DealDetailBody, 'Your answer was recorded.'), ...DECISION_PROBLEMS },
});

const extend = createRoute({
  method: 'post',
  path: '/v1/deals/{id}/extension',
  operationId: 'extendDeal',
  tags: ['deals'],
  summary: 'Ask to protect a deal for longer',
  request: { params: UuidPath, body: jsonBody(ExtensionBody) },
  responses: { 200: answers(DealDetailBody, 'The extension was asked for. The policy decides.'), ...STATUS_PROBLEM },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/deals/{id}/withdraw',
  operationId: 'withdrawDeal',
  tags: ['deals'],
  summary: 'Withdraw a deal',
  request: { params: UuidPath, body: jsonBody(z.strictObject({ reason: Reason }).openapi('DealWithdrawal')) },
  responses: { 200: answers(DealDetailBody, 'The deal is withdrawn, and its customer is free.'), ...STATUS_PROBLEM },
});

export const WonBody = z
  .strictObject({
    sales: z
      .array(
        z.strictObject({
          source: Source,
          id: Line(200).meta({ description: 'The id of the sale in its source', examples: ['order-1001'] }),
        }),
      )
      .max(SALES_MAX)
      .default([])
      .meta({
        description: 'The sales that close the deal. Sales whose attribute `deal` names it need not be listed',
        examples: [[{ source: 'shop', id: 'order-1001' }]],
      }),
  })
  .openapi('WonDeal');

const win = createRoute({
  method: 'post',
  path: '/v1/deals/{id}/won',
  operationId: 'winDeal',
  tags: ['deals'],
  summary: 'Close a deal as won',
  description:
    'Links its sales, and makes an event of the kind `deal_won` over their sum, by which the incentives of the plan for that kind earn.',
  request: { params: UuidPath, body: jsonBody(WonBody) },
  responses: { 200: answers(DealDetailBody, 'The deal is won.'), ...STATUS_PROBLEM },
});

const lose = createRoute({
  method: 'post',
  path: '/v1/deals/{id}/lost',
  operationId: 'loseDeal',
  tags: ['deals'],
  summary: 'Close a deal as lost',
  request: { params: UuidPath, body: jsonBody(z.strictObject({ reason: Reason.optional() }).openapi('LostDeal')) },
  responses: { 200: answers(DealDetailBody, 'The deal is lost, and its customer is free.'), ...STATUS_PROBLEM },
});

/** Staff register deals on behalf of partners, decide about them and close them. */
export const dealRoutes = (deps: ApiDeps) => {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'deal', id });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, status, partner, program } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const programId = program === undefined ? undefined : (await getProgram(db, program)).id;
      const read = (count: number) => listDeals(db, { status, partnerId, programId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: dealBody }), 200);
    })
    .openapi(register, async (c) => {
      const { partner, ...sent } = c.req.valid('json');
      const caller = { by: c.get('caller').actorId, nowMs: Date.now() };
      const deal = await registerDeal(db, wishOf(sent, partner), caller);
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 201);
    })
    .openapi(get, async (c) => c.json(await dealDetail(db, await getDeal(db, c.req.valid('param').id)), 200))
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId, role } = c.get('caller');
      const subjectId = c.req.valid('param').id;
      const by = { id: actorId, role };
      const deal = await answerDeal(db, { subjectId, by, decision, note, nowMs: Date.now() });
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 200);
    })
    .openapi(extend, async (c) => {
      const caller = { by: c.get('caller').actorId, nowMs: Date.now() };
      const deal = await extendDeal(db, c.req.valid('param').id, c.req.valid('json'), caller);
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 200);
    })
    .openapi(withdraw, async (c) => {
      const { reason } = c.req.valid('json');
      const caller = { by: c.get('caller').actorId, nowMs: Date.now() };
      const deal = await endDeal(db, c.req.valid('param').id, { status: 'withdrawn', reason, ...caller });
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 200);
    })
    .openapi(win, async (c) => {
      const caller = { by: c.get('caller').actorId, nowMs: Date.now() };
      const { deal, shard } = await winDeal(db, c.req.valid('param').id, c.req.valid('json').sales, caller);
      await wakeAccruals(deps, [shard]);
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 200);
    })
    .openapi(lose, async (c) => {
      const { reason = null } = c.req.valid('json');
      const caller = { by: c.get('caller').actorId, nowMs: Date.now() };
      const deal = await endDeal(db, c.req.valid('param').id, { status: 'lost', reason, ...caller });
      await follow(deal.id);
      return c.json(await dealDetail(db, deal), 200);
    });
};
