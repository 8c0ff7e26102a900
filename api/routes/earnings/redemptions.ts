import { createRoute, z } from '@hono/zod-openapi';

import { cancelRedemption, redeemPoints } from '../../../commands/earnings/redemptions.ts';
import { listRedemptions, type Redemption } from '../../../db/earnings/redemptions.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { Line, Points } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { refineAmount, somePoints } from './points-bodies.ts';

export const NewRedemptionBody = z
  .strictObject({
    ...somePoints,
    purpose: Line(200).meta({
      description: 'The thing for which they are used',
      examples: ['Discount code SPRING-10'],
    }),
    reference: Line(200)
      .meta({ description: 'The name of it in your own system', examples: ['order-1001'] })
      .optional(),
  })
  .superRefine(refineAmount)
  .openapi('NewRedemption');

const points = (description: string, example: string) => fields.amountOf('the unit', description, example);

const RedemptionBody = z
  .object({
    id: fields.id('The id of the redemption'),
    partner: fields.code("The partner's code", 'paula'),
    unit: Points,
    amount: points('The points that were used', '100'),
    purpose: fields.text('The thing for which they were used', 'Discount code SPRING-10'),
    reference: fields.text('The name of it in your own system; null if nobody said so', 'order-1001').nullable(),
    redeemedBy: fields.code('The person who used them', 'olga'),
    redeemedAt: fields.at('When they were used'),
    cancelUntil: fields.at('Until when an operator may cancel it'),
    cancelledBy: fields.code('The person who cancelled it; null if nobody did', 'olga').nullable(),
    cancelledAt: fields.at('When it was cancelled; null if it was not').nullable(),
    cancelReason: fields.text('The reason why it was cancelled; null if it was not', 'Order cancelled').nullable(),
    expired: points(
      'The points that came back but had expired meanwhile, so that they cannot be used again; null if it was not cancelled',
      '0',
    ).nullable(),
  })
  .openapi('Redemption');

const TOO_FEW = problemResponse(
  'The partner is on hold, or there are too few points that can be used today. Nothing was used.',
);
const DONE = answers(RedemptionBody, 'The points are used, the oldest first.');
const PAGE = answers(pageOf(RedemptionBody), 'The redemptions, the newest first.');

const redeem = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/redemptions',
  operationId: 'redeemPoints',
  tags: ['points'],
  summary: 'Use points of a partner',
  request: { params: CodePath, body: jsonBody(NewRedemptionBody) },
  responses: { 201: DONE, 409: TOO_FEW },
});

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/redemptions',
  tags: ['points'],
  summary: "List the redemptions of a partner's points",
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: { 200: PAGE },
});

const cancel = createRoute({
  method: 'post',
  path: '/v1/redemptions/{id}/cancel',
  tags: ['points'],
  summary: 'Cancel a redemption',
  description:
    'The points go back to their lots and keep their day of expiry. Those whose day has passed meanwhile stay expired: `expired` says how many.',
  request: {
    params: UuidPath,
    body: jsonBody(z.strictObject({ reason: Reason }).openapi('RedemptionCancellation')),
  },
  responses: {
    200: answers(RedemptionBody, 'The redemption is cancelled.'),
    409: problemResponse('It was cancelled before, or its time to be cancelled is over. Nothing was changed.'),
  },
});

const redeemMine = createRoute({
  method: 'post',
  path: '/v1/me/redemptions',
  operationId: 'redeemMyPoints',
  tags: ['me'],
  summary: 'Use points of yours',
  request: { body: jsonBody(NewRedemptionBody) },
  responses: { 201: DONE, 404: problemResponse('There is no such unit. Nothing was used.'), 409: TOO_FEW },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/redemptions',
  operationId: 'listMyRedemptions',
  tags: ['me'],
  summary: 'List the redemptions of your points',
  request: { query: pageQuery(Uuid) },
  responses: { 200: PAGE },
});

const redemptionBody = ({ partnerId: _p, unit, minor, expiredMinor, ...redemption }: Redemption) => ({
  ...redemption,
  unit,
  amount: formatDecimal(money(minor, unit)),
  redeemedAt: redemption.redeemedAt.toISOString(),
  cancelUntil: redemption.cancelUntil.toISOString(),
  cancelledAt: redemption.cancelledAt?.toISOString() ?? null,
  expired: expiredMinor === null ? null : formatDecimal(money(expiredMinor, unit)),
});

export const redemptionWishOf = ({ unit, amount, purpose, reference }: z.output<typeof NewRedemptionBody>) => ({
  unit,
  minor: parseDecimal(amount, unit).minor,
  purpose,
  reference: reference ?? null,
});

/** The use of points, such as for a discount. */
export const redemptionRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(redeem, async (c) => {
      const { id: partnerId } = await getPartner(db, c.req.valid('param').code);
      const wish = { ...redemptionWishOf(c.req.valid('json')), partnerId, by: c.get('caller').actorId };
      return c.json(redemptionBody(await redeemPoints(db, wish)), 201);
    })
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getPartner(db, code);
      const read = (count: number) => listRedemptions(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (row) => row.id, item: redemptionBody }), 200);
    })
    .openapi(cancel, async (c) => {
      const { id } = c.req.valid('param');
      const { reason } = c.req.valid('json');
      return c.json(redemptionBody(await cancelRedemption(db, id, reason, c.get('caller').actorId)), 200);
    })
    .openapi(redeemMine, async (c) => {
      const { actorId } = c.get('caller');
      const wish = { ...redemptionWishOf(c.req.valid('json')), partnerId: partnerOf(c.get('caller')).id, by: actorId };
      return c.json(redemptionBody(await redeemPoints(db, wish)), 201);
    })
    .openapi(listMine, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = partnerOf(c.get('caller'));
      const read = (count: number) => listRedemptions(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (row) => row.id, item: redemptionBody }), 200);
    });
