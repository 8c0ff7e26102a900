import { createRoute, z } from '@hono/zod-openapi';

import { addClaim, answerClaim, withdrawClaim } from '../../../commands/earnings/fund-claims.ts';
import type { Database } from '../../../db/database.ts';
import { type FundClaim, getClaim, listFundClaims } from '../../../db/earnings/fund-claims.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { REQUEST_STATUSES } from '../../../domain/earnings/request.ts';
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
import { DECISION_PROBLEMS, DecisionBody, reviewsField, reviewsOf } from '../programs/reviews.ts';
import { CLAIM_FIELDS, MyNewClaimBody, refuseAmount, SHA256, wishOf } from './claim-bodies.ts';

const ClaimBody = z
  .object({
    id: fields.id('The id of the claim'),
    program: fields.code('The program', 'resale'),
    partner: fields.code('The partner who claims', 'paula'),
    fund: fields.id('The fund that it is claimed from; null if there is none').nullable(),
    currency: Currency,
    amount: fields.amount('The amount', '500.00'),
    wish: fields.text('The thing that was paid for', 'The stand at the spring fair'),
    proof: z
      .object({
        document: fields.text('The name or number of the document', 'invoice 4711'),
        sha256: z.string().meta(SHA256),
      })
      .meta({ description: 'The proof' }),
    status: fields.oneOf(REQUEST_STATUSES, 'The status. A granted claim is in the balance of the partner', 'review'),
    correction: fields.id('The id of the correction that credits it; null until it is granted').nullable(),
    reason: fields.text('The reason why it ended; null if there is none', 'The invoice is unreadable.').nullable(),
    claimedAt: fields.at('When it was claimed'),
    endedAt: fields.at('When it was decided; null until then').nullable(),
  })
  .openapi('FundClaim');

const ClaimDetailBody = ClaimBody.extend({ reviews: reviewsField }).openapi('FundClaimDetail');

const status = fields.oneOf(REQUEST_STATUSES, 'Lists only claims with this status', 'review').optional();
const STATUS_PROBLEM = { 409: problemResponse('The claim is decided. Nothing was recorded.') };
const WithdrawalBody = z.strictObject({ reason: Reason }).openapi('FundClaimWithdrawal');

const list = createRoute({
  method: 'get',
  path: '/v1/claims',
  tags: ['claims'],
  summary: 'List the claims of partners',
  request: {
    query: pageQuery(Uuid).extend({
      status,
      partner: Code.meta({ description: 'Lists only claims of this partner', examples: ['paula'] }).optional(),
      fund: Uuid.meta({
        description: 'Lists only claims from this fund',
        examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
      }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(ClaimBody), 'The claims, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const add = createRoute({
  method: 'post',
  path: '/v1/claims',
  tags: ['claims'],
  summary: 'Claim on behalf of a partner',
  request: {
    body: jsonBody(
      z
        .strictObject({
          partner: Code.meta({ description: 'The partner for whom you claim', examples: ['paula'] }),
          ...CLAIM_FIELDS,
        })
        .superRefine(refuseAmount)
        .openapi('NewFundClaim'),
    ),
  },
  responses: {
    201: answers(ClaimDetailBody, 'The claim was recorded. The policy decides.'),
    404: problemResponse('There is no such partner, program or fund.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/claims/{id}',
  tags: ['claims'],
  summary: 'Get a claim',
  request: { params: UuidPath },
  responses: { 200: answers(ClaimDetailBody, 'The claim, with its decisions.') },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/claims/{id}/decision',
  tags: ['claims'],
  summary: 'Approve or decline a claim',
  request: { params: UuidPath, body: jsonBody(DecisionBody) },
  responses: { 200: answers(ClaimDetailBody, 'Your answer was recorded.'), ...DECISION_PROBLEMS },
});

const withdraw = createRoute({
  method: 'post',
  path: '/v1/claims/{id}/withdraw',
  operationId: 'withdrawClaim',
  tags: ['claims'],
  summary: 'Withdraw a claim',
  request: { params: UuidPath, body: jsonBody(WithdrawalBody) },
  responses: { 200: answers(ClaimDetailBody, 'The claim is withdrawn.'), ...STATUS_PROBLEM },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/claims',
  operationId: 'listMyClaims',
  tags: ['me'],
  summary: 'List your claims',
  request: { query: pageQuery(Uuid).extend({ status }) },
  responses: { 200: answers(pageOf(ClaimBody), 'Your claims, the newest first.') },
});

const addMine = createRoute({
  method: 'post',
  path: '/v1/me/claims',
  operationId: 'addMyClaim',
  tags: ['me'],
  summary: 'Claim from a fund',
  request: { body: jsonBody(MyNewClaimBody) },
  responses: {
    201: answers(ClaimBody, 'The claim was recorded. The policy decides.'),
    404: problemResponse('There is no such program or fund.'),
  },
});

const getMine = createRoute({
  method: 'get',
  path: '/v1/me/claims/{id}',
  operationId: 'getMyClaim',
  tags: ['me'],
  summary: 'Get one of your claims',
  request: { params: UuidPath },
  responses: { 200: answers(ClaimBody, 'The claim.') },
});

const withdrawMine = createRoute({
  method: 'post',
  path: '/v1/me/claims/{id}/withdraw',
  operationId: 'withdrawMyClaim',
  tags: ['me'],
  summary: 'Withdraw a claim of yours',
  request: { params: UuidPath, body: jsonBody(WithdrawalBody) },
  responses: { 200: answers(ClaimBody, 'The claim is withdrawn.'), ...STATUS_PROBLEM },
});

const claimBody = (claim: FundClaim) => ({
  id: claim.id,
  program: claim.program,
  partner: claim.partner,
  fund: claim.fundId,
  currency: claim.currency,
  amount: formatDecimal(money(claim.minor, claim.currency)),
  wish: claim.wish,
  proof: { document: claim.proof, sha256: claim.proofSha256 },
  status: claim.status,
  correction: claim.correctionId,
  reason: claim.reason,
  claimedAt: claim.claimedAt.toISOString(),
  endedAt: claim.endedAt?.toISOString() ?? null,
});

const claimDetail = async (db: Database, claim: FundClaim) => ({
  ...claimBody(claim),
  reviews: await reviewsOf(db, 'claim', claim.id),
});

/** Partners claim money that they spent, or staff do for them, and people decide. */
export const fundClaimRoutes = (deps: ApiDeps) => {
  const { db } = deps;
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'claim', id });
  return createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, fund: fundId, ...filter } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listFundClaims(db, { status: filter.status, partnerId, fundId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: claimBody }), 200);
    })
    .openapi(add, async (c) => {
      const { partner, ...sent } = c.req.valid('json');
      const claim = await addClaim(db, wishOf(sent, partner), { by: c.get('caller').actorId, nowMs: Date.now() });
      await follow(claim.id);
      return c.json(await claimDetail(db, claim), 201);
    })
    .openapi(get, async (c) => c.json(await claimDetail(db, await getClaim(db, c.req.valid('param').id)), 200))
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId, role } = c.get('caller');
      const { id: subjectId } = c.req.valid('param');
      const by = { id: actorId, role };
      const claim = await answerClaim(db, { subjectId, by, decision, note, nowMs: Date.now() });
      await follow(claim.id);
      return c.json(await claimDetail(db, claim), 200);
    })
    .openapi(withdraw, async (c) => {
      const { reason } = c.req.valid('json');
      const claim = await withdrawClaim(db, c.req.valid('param').id, { reason, by: c.get('caller').actorId });
      await follow(claim.id);
      return c.json(await claimDetail(db, claim), 200);
    })
    .openapi(listMine, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listFundClaims(db, { status: filter.status, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: claimBody }), 200);
    })
    .openapi(addMine, async (c) => {
      const wish = wishOf(c.req.valid('json'), partnerOf(c.get('caller')).code);
      const claim = await addClaim(db, wish, { by: c.get('caller').actorId, nowMs: Date.now() });
      await follow(claim.id);
      return c.json(claimBody(claim), 201);
    })
    .openapi(getMine, async (c) => {
      const claim = await getClaim(db, c.req.valid('param').id);
      onlyOwn(c, claim.partner, `claim ${claim.id}`);
      return c.json(claimBody(claim), 200);
    })
    .openapi(withdrawMine, async (c) => {
      const { id, partner } = await getClaim(db, c.req.valid('param').id);
      onlyOwn(c, partner, `claim ${id}`);
      const { reason } = c.req.valid('json');
      const claim = await withdrawClaim(db, id, { reason, by: c.get('caller').actorId });
      await follow(id);
      return c.json(claimBody(claim), 200);
    });
};
