import { createRoute, z } from '@hono/zod-openapi';

import { addRequest, answerRequest, withdrawRequest } from '../../../commands/earnings/requests.ts';
import type { Database } from '../../../db/database.ts';
import { getRequest, listRequests, type PartnerRequest } from '../../../db/earnings/requests.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { REQUEST_KINDS, REQUEST_STATUSES } from '../../../domain/earnings/request.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeDecisionQuietly } from '../../http/wake.ts';
import { DECISION_FIELDS, DECISION_PROBLEMS, reviewsField, reviewsOf } from '../programs/reviews.ts';
import { MyNewRequestBody, refuseRequest, REQUEST_FIELDS, wishOf } from './request-bodies.ts';

const RequestBody = z
  .object({
    id: fields.id('The id of the request'),
    program: fields.code('The program', 'resale'),
    partner: fields.code('The partner who asks', 'paula'),
    kind: fields.oneOf(REQUEST_KINDS, 'The kind of request', 'development_funds'),
    wish: fields.text('The purpose', 'A stand at the spring fair'),
    plan: fields.code('The plan of an exception; null until somebody names one', 'gold').nullable(),
    currency: fields.orNull(Currency, 'The currency of the amount; null if there is none'),
    amount: fields.amount('The amount; null if there is none', '5000.00').nullable(),
    startsOn: fields.day('The first day on which it would hold', '2030-01-01'),
    endsOn: fields.day('The first day on which it no longer would', '2030-07-01'),
    status: fields.oneOf(REQUEST_STATUSES, 'The status. A granted request is in force', 'review'),
    reason: fields.text('The reason why it ended; null if there is none', 'The budget is spent.').nullable(),
    requestedAt: fields.at('When it was asked for'),
    endedAt: fields.at('When it was decided; null until then').nullable(),
  })
  .openapi('Request');

const RequestDetailBody = RequestBody.extend({ reviews: reviewsField }).openapi('RequestDetail');

const status = fields.oneOf(REQUEST_STATUSES, 'Lists only requests with this status', 'review').optional();
const STATUS_PROBLEM = { 409: problemResponse('The request is decided. Nothing was recorded.') };
const WithdrawalBody = z.strictObject({ reason: Reason }).openapi('RequestWithdrawal');

const list = createRoute({
  method: 'get',
  path: '/v1/requests',
  tags: ['requests'],
  summary: 'List the requests of partners',
  request: {
    query: pageQuery(Uuid).extend({
      status,
      partner: Code.meta({ description: 'Lists only requests of this partner', examples: ['paula'] }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(RequestBody), 'The requests, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const add = createRoute({
  method: 'post',
  path: '/v1/requests',
  tags: ['requests'],
  summary: 'Ask on behalf of a partner',
  request: {
    body: jsonBody(
      z
        .strictObject({
          partner: Code.meta({ description: 'The partner for whom you ask', examples: ['paula'] }),
          ...REQUEST_FIELDS,
        })
        .superRefine(refuseRequest)
        .openapi('NewRequest'),
    ),
  },
  responses: {
    201: answers(RequestDetailBody, 'The request was recorded. The policy decides.'),
    404: problemResponse('There is no such partner or program.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/requests/{id}',
  tags: ['requests'],
  summary: 'Get a request',
  request: { params: UuidPath },
  responses: { 200: answers(RequestDetailBody, 'The request, with its decisions.') },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/requests/{id}/decision',
  tags: ['requests'],
  summary: 'Approve or decline a request',
  request: {
    params: UuidPath,
    body: jsonBody(
      z
        .strictObject({
          ...DECISION_FIELDS,
          plan: Code.meta({
            description: 'The plan of an exception, where nobody named it before',
            examples: ['gold'],
          }).optional(),
        })
        .openapi('RequestDecision'),
    ),
  },
  responses: { 200: answers(RequestDetailBody, 'Your answer was recorded.'), ...DECISION_PROBLEMS },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/requests/{id}/withdraw',
  operationId: 'withdrawRequest',
  tags: ['requests'],
  summary: 'Withdraw a request',
  request: { params: UuidPath, body: jsonBody(WithdrawalBody) },
  responses: { 200: answers(RequestDetailBody, 'The request is withdrawn.'), ...STATUS_PROBLEM },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/requests',
  operationId: 'listMyRequests',
  tags: ['me'],
  summary: 'List your requests',
  request: { query: pageQuery(Uuid).extend({ status }) },
  responses: { 200: answers(pageOf(RequestBody), 'Your requests, the newest first.') },
});

const addMine = createRoute({
  method: 'post',
  path: '/v1/me/requests',
  operationId: 'addMyRequest',
  tags: ['me'],
  summary: 'Ask for an exception or a fund',
  request: { body: jsonBody(MyNewRequestBody) },
  responses: {
    201: answers(RequestBody, 'The request was recorded. The policy decides.'),
    404: problemResponse('There is no such program.'),
  },
});

const getMine = createRoute({
  method: 'get',
  path: '/v1/me/requests/{id}',
  operationId: 'getMyRequest',
  tags: ['me'],
  summary: 'Get one of your requests',
  request: { params: UuidPath },
  responses: { 200: answers(RequestBody, 'The request.') },
});

const withdrawMine = createRoute({
  method: 'post',
  path: '/v1/me/requests/{id}/withdraw',
  operationId: 'withdrawMyRequest',
  tags: ['me'],
  summary: 'Withdraw a request of yours',
  request: { params: UuidPath, body: jsonBody(WithdrawalBody) },
  responses: { 200: answers(RequestBody, 'The request is withdrawn.'), ...STATUS_PROBLEM },
});

const requestBody = ({ programId: _program, partnerId: _partner, dueAt: _due, minor, ...request }: PartnerRequest) => ({
  ...request,
  amount: minor === null || request.currency === null ? null : formatDecimal(money(minor, request.currency)),
  requestedAt: request.requestedAt.toISOString(),
  endedAt: request.endedAt?.toISOString() ?? null,
});

const requestDetail = async (db: Database, request: PartnerRequest) => ({
  ...requestBody(request),
  reviews: await reviewsOf(db, 'request', request.id),
});

/** Partners ask for exceptions and funds, or staff do for them, and people decide. */
export const requestRoutes = (deps: ApiDeps) => {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'request', id });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, ...filter } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listRequests(db, { status: filter.status, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: requestBody }), 200);
    })
    .openapi(add, async (c) => {
      const { partner, ...sent } = c.req.valid('json');
      const request = await addRequest(db, wishOf(sent, partner), { by: c.get('caller').actorId, nowMs: Date.now() });
      await follow(request.id);
      return c.json(await requestDetail(db, request), 201);
    })
    .openapi(get, async (c) => c.json(await requestDetail(db, await getRequest(db, c.req.valid('param').id)), 200))
    .openapi(decide, async (c) => {
      const { decision, note = null, plan = null } = c.req.valid('json');
      const { actorId, role } = c.get('caller');
      const { id: subjectId } = c.req.valid('param');
      const by = { id: actorId, role };
      const request = await answerRequest(db, { subjectId, by, decision, note, plan, nowMs: Date.now() });
      await follow(request.id);
      return c.json(await requestDetail(db, request), 200);
    })
    .openapi(withdraw, async (c) => {
      const { reason } = c.req.valid('json');
      const request = await withdrawRequest(db, c.req.valid('param').id, { reason, by: c.get('caller').actorId });
      await follow(request.id);
      return c.json(await requestDetail(db, request), 200);
    })
    .openapi(listMine, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listRequests(db, { status: filter.status, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: requestBody }), 200);
    })
    .openapi(addMine, async (c) => {
      const wish = wishOf(c.req.valid('json'), partnerOf(c.get('caller')).code);
      const request = await addRequest(db, wish, { by: c.get('caller').actorId, nowMs: Date.now() });
      await follow(request.id);
      return c.json(requestBody(request), 201);
    })
    .openapi(getMine, async (c) => {
      const request = await getRequest(db, c.req.valid('param').id);
      onlyOwn(c, request.partner, `request ${request.id}`);
      return c.json(requestBody(request), 200);
    })
    .openapi(withdrawMine, async (c) => {
      const { id, partner } = await getRequest(db, c.req.valid('param').id);
      onlyOwn(c, partner, `request ${id}`);
      const { reason } = c.req.valid('json');
      const request = await withdrawRequest(db, id, { reason, by: c.get('caller').actorId });
      await follow(id);
      return c.json(requestBody(request), 200);
    });
};
